"""Why a mail was refused: from words first, then the enhanced status, then the reply code."""

import re

from postroad.inbox.phrases.refusal import Refusal
from postroad.inbox.phrases.refusals import TELLING, VAGUE
from postroad.inbox.reason_codes import (
    BY_REPLY,
    BY_STATUS,
    BY_SUBJECT,
    PASSING,
    SENDER_REFUSED,
    SENDER_SIDE,
    UNKNOWN,
    Cause,
)
from postroad.inbox.statuses import reply_in
from postroad.inbox.verdict import DEAD

_AT_SENDER = re.compile(
    r"(?:after|in reply to|response to) (?:the )?mail from|but sender was rejected", re.IGNORECASE
)
"""Whoever is refused in answer to MAIL FROM is the sender (RFC 5321, 4.1.1.2)."""


def cause_of(words: str, status: str | None, around: str = "") -> Cause:
    """Say why a recipient was refused.

    Args:
        words: the machine's explanation for this recipient.
        status: its RFC 3463 status.
        around: what else the notice says; consulted where words and status tell nothing.
    """
    if status in SENDER_SIDE:
        return SENDER_SIDE[status]
    cause = _cause_of(words, status, around)
    if cause.reason in (*DEAD, "unknown") and _AT_SENDER.search(words):
        return SENDER_REFUSED
    return cause


def _cause_of(words: str, status: str | None, around: str) -> Cause:
    return (
        _by_words(TELLING, words)
        or _by_status(status)
        or _by_words(TELLING, around)
        or _by_words(VAGUE, words)
        or _by_reply(words)
        or UNKNOWN
    )


def _by_words(rows: tuple[Refusal, ...], words: str) -> Cause | None:
    text = words.lower()
    return next((Cause(row.reason, row.at_fault) for row in rows if row.words.search(text)), None)


def _by_status(status: str | None) -> Cause | None:
    if status is None:
        return None
    severity, subject, detail = status.split(".")
    cause = BY_STATUS.get(f"{subject}.{detail}") or BY_SUBJECT.get(subject)
    if cause and cause.reason in DEAD and severity == "4":
        return PASSING  # RFC 3463, 2: class 4 may work later, so nothing is dead
    return cause


def _by_reply(words: str) -> Cause | None:
    reply = reply_in(words)
    return BY_REPLY.get(reply) if reply else None
