"""What a provider says of a message, in the words of the judgement of mails."""

from dataclasses import dataclass

from postroad.inbox.outcome import OutcomeKind, outcome_of
from postroad.inbox.reason_codes import PASSING, UNKNOWN, Cause
from postroad.inbox.reasons import cause_of
from postroad.inbox.recipient_report import explanation
from postroad.inbox.statuses import most_telling, statuses_in
from postroad.inbox.verdict import DEAD, RecipientVerdict, Verdict


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event means for its message."""

    kind: OutcomeKind
    verdict: Verdict


DELIVERED = Meaning(OutcomeKind.DELIVERED, Verdict("other", "delivered"))
COMPLAINED = Meaning(OutcomeKind.COMPLAINED, Verdict("feedback", reason="spam"))
UNSUBSCRIBED = Meaning(OutcomeKind.UNSUBSCRIBED, Verdict("other"))


def failed(recipient: str, status: str, words: str, otherwise: Cause = UNKNOWN) -> Meaning:
    """Judge a refusal as that of a bounced mail: by its words, then by its status.

    Args:
        recipient: whom it is about.
        status: the RFC 3463 status, where one is told.
        words: how the receiving server explained it.
        otherwise: what the provider thinks, for where words and status say nothing.
    """
    words = explanation(words)
    told = next(iter(statuses_in(status)), None)
    best = most_telling(told, words)
    cause = cause_of(words, best)
    if cause.reason == "unknown":
        cause = otherwise
    verdict = Verdict(
        kind="hard" if cause.reason in DEAD else "soft",
        action="failed",
        recipients=(RecipientVerdict(recipient, best, cause.reason),),
        status=best,
        reason=cause.reason,
        at_fault=cause.at_fault,
    )
    return Meaning(outcome_of(verdict) or OutcomeKind.SOFT_BOUNCED, verdict)


def delayed(recipient: str, words: str) -> Meaning:
    """Judge a refusal after which the provider tries again."""
    words = explanation(words)
    status = most_telling(None, words)
    cause = cause_of(words, status)
    reason = PASSING.reason if cause.reason in (*DEAD, "unknown") else cause.reason
    verdict = Verdict(
        kind="soft",
        action="delayed",
        recipients=(RecipientVerdict(recipient, status, reason),),
        status=status,
        reason=reason,
        at_fault=cause.at_fault,
    )
    return Meaning(OutcomeKind.DELAYED, verdict)
