"""Ids of workflows."""


def campaign_workflow_id(campaign_id: str) -> str:
    """Return the id of the workflow that runs a campaign."""
    return f"campaign/{campaign_id}"


def sequence_workflow_id(campaign_id: str, sender: str) -> str:
    """Return the id of the workflow that runs one sender's part of a campaign."""
    return f"sequence/{campaign_id}/{sender}"


def channel_task_queue(task_queue: str, kind: str) -> str:
    """Return where work on channels of a kind waits: a slow kind keeps no other waiting.

    Args:
        task_queue: where workflows and work on the ledger wait.
        kind: the channel's; empty in histories of before there were queues for kinds.
    """
    return f"{task_queue}-{kind}" if kind else task_queue


def webhook_workflow_id(webhook: str) -> str:
    """Return the id of the workflow that posts events to a webhook."""
    return f"webhook/{webhook}"


def mailbox_workflow_id(channel: str) -> str:
    """Return the id of the workflow that reads a channel's inbox, for all campaigns."""
    return f"mailbox/{channel}"
