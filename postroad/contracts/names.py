"""Ids of workflows."""


def campaign_workflow_id(campaign_id: str) -> str:
    """Return the id of the workflow that runs a campaign."""
    return f"campaign/{campaign_id}"


def sequence_workflow_id(campaign_id: str, sender: str) -> str:
    """Return the id of the workflow that runs one sender's part of a campaign."""
    return f"sequence/{campaign_id}/{sender}"


def mailbox_workflow_id(channel: str) -> str:
    """Return the id of the workflow that reads a channel's inbox, for all campaigns."""
    return f"mailbox/{channel}"
