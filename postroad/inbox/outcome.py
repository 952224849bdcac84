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
    UNSUBSCRIBED = "unsubscribed"
    """They asked for no more mail."""
    COMPLAINED = "complained"
    """They called the mail spam (RFC 5965)."""


ABOUT_RECIPIENTS = frozenset(OutcomeKind) - {
    OutcomeKind.REPLIED,
    OutcomeKind.AUTO_REPLIED,
    OutcomeKind.UNSUBSCRIBED,
}
"""Kinds that mail systems report; the others are written by whoever got the mail."""


_OF_KIND = {
    "hard": OutcomeKind.BOUNCED,
    "reply": OutcomeKind.REPLIED,
    "auto_reply": OutcomeKind.AUTO_REPLIED,
}


def outcome_of(verdict: Verdict) -> OutcomeKind | None:
    """Return what a verdict means for a message; None where it means nothing for any."""
    match verdict.kind:
        case "soft":
            return _undelivered(verdict)
        case "feedback":
            return OutcomeKind.COMPLAINED if verdict.reason == "spam" else None
        case "other":
            return OutcomeKind.DELIVERED if verdict.action == "delivered" else None
        case kind:
            return _OF_KIND[kind]


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
