"""What a mail that came back means for the message it is about."""

from enum import StrEnum

from postroad.inbox.reason_codes import SENDER_SIDE
from postroad.inbox.verdict import Verdict


class OutcomeKind(StrEnum):
    """Kinds of outcome; the live feed's events have the same names."""

    BOUNCED = "bounced"
    """The address is dead."""
    SOFT_BOUNCED = "soft_bounced"
    """Not delivered, for a reason that may pass."""
    SENDER_REFUSED = "sender_refused"
    """The sending account or tenant was refused: others would have fared no better."""
    DELAYED = "delayed"
    DELIVERED = "delivered"
    REPLIED = "replied"
    AUTO_REPLIED = "auto_replied"


ABOUT_RECIPIENTS = frozenset(OutcomeKind) - {OutcomeKind.REPLIED, OutcomeKind.AUTO_REPLIED}
"""Kinds that mail systems report; the others are written by whoever got the mail."""


def outcome_of(verdict: Verdict) -> OutcomeKind | None:
    """Return what a verdict means for a message; None where it means nothing for any."""
    match verdict.kind:
        case "hard":
            return OutcomeKind.BOUNCED
        case "soft":
            return _undelivered(verdict)
        case "reply":
            return OutcomeKind.REPLIED
        case "auto_reply":
            return OutcomeKind.AUTO_REPLIED
        case "other" if verdict.action == "delivered":
            return OutcomeKind.DELIVERED
    return None


def _undelivered(verdict: Verdict) -> OutcomeKind:
    if verdict.action == "delayed":
        return OutcomeKind.DELAYED
    if verdict.status in SENDER_SIDE or _is_own_limit(verdict):
        return OutcomeKind.SENDER_REFUSED
    return OutcomeKind.SOFT_BOUNCED


def _is_own_limit(verdict: Verdict) -> bool:
    """Whether Gmail says that its account sent too much; receivers who say so give a status."""
    blames_sender = verdict.reason == "rate_limited" and verdict.at_fault == "sender"
    return blames_sender and verdict.status is None
