"""Letting another sender write to a sender's people, for instance when a rep has left."""

from operations.opening import normalised
from operations.updates import ask_campaign
from postroad.contracts import ReplaceSender, SenderReplaced


async def hand_over(campaign: str, sender: str, replacement: str, by: str) -> int:
    """Give a sender's open people in a campaign to another; return how many they are.

    Raises:
        Refused: an address is none, one of the two is unknown, or the campaign does not run.
    """
    change = ReplaceSender(sender=normalised(sender), replacement=normalised(replacement), by=by)
    return (await ask_campaign(campaign, "replace_sender", change, SenderReplaced)).people


def thread_rule(sender: str, replacement: str) -> str:
    """Say what becomes of the conversations that the former sender began."""
    return (
        f"Follow-ups leave from {replacement}'s own channel; they name the thread in their "
        f"headers and quote nothing. Answers to earlier mail still go to {sender}'s mailbox, and "
        "count as long as it can be read."
    )
