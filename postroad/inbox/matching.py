"""Which of our messages a mail that came back is about: what it tells, and what is believed.

Whoever writes to a mailbox can claim anything, so a claim counts only where it names something
that its writer can know from one of our messages: its key, its Message-ID, its thread.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum

from postroad.inbox.headers import Headers
from postroad.inbox.outcome import ABOUT_RECIPIENTS, OutcomeKind
from postroad.inbox.unsubscribing import unsubscribe_token
from postroad.inbox.verdict import Verdict
from postroad.verp import verp_token, verp_token_in

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_MOST_IDS = 50
_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
"""Where mail systems note whom a mail was for; a notice names them in To (RFC 3464, 2)."""


class Basis(StrEnum):
    """By what a mail was matched, the surest first."""

    KEY = "key"
    """X-Postroad-Message in the headers that came back; nobody can guess it."""
    RETURN_PATH = "return_path"
    """The token that only this message had: in its return path, or its unsubscribe address."""
    MESSAGE_ID = "message_id"
    """The Message-ID that came back, or that is answered."""
    THREAD = "thread"
    """The provider put it into the same thread."""
    GUESS = "guess"
    """The same address, not long after we wrote to it."""


@dataclass(frozen=True, slots=True)
class Clues:
    """What a mail tells about the message that it is about."""

    author: str
    """Who it says it is from: a bare address in lower case, empty where it names none."""
    key: str | None = None
    """The X-Postroad-Message value."""
    return_token: str | None = None
    """The token in the address that it was sent to, or in its subject: see postroad.verp."""
    message_ids: tuple[str, ...] = ()
    """With their angle brackets, the most telling first."""
    thread_id: str | None = None
    addresses: frozenset[str] = frozenset()
    """In lower case: whom a notice is about, or who wrote an answer."""
    is_notice: bool = False
    """A mail system wrote it: it has to name the person."""

    @property
    def may_be_guessed(self) -> bool:
        """Whether the address may say enough; a notice that returns an id is about that mail."""
        names_mail = self.key or self.return_token or self.message_ids
        return bool(self.addresses) and not (self.is_notice and names_mail)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of our messages that a clue leads to."""

    message: int
    """Row id."""
    key: str
    """Its X-Postroad-Message."""
    enrollment: int
    address: str
    """The person's, normalised."""
    sender: str
    """Who wrote it."""
    message_id: str | None
    sent_at: int


@dataclass(frozen=True, slots=True)
class Match:
    """The message that a mail is about."""

    message: int
    basis: Basis
    names_person: bool
    """Whether a notice is about this person's address: it says so, or names nobody."""


def clues_of(
    headers: Headers,
    verdict: Verdict,
    kind: OutcomeKind,
    *,
    thread_id: str | None = None,
    mailbox: str | None = None,
) -> Clues | None:
    """Return what a mail tells; None where the mailbox's own person wrote it.

    Args:
        headers: the mail's own.
        verdict: its judgement.
        kind: what that means.
        thread_id: the provider's id of its thread, where it has threads.
        mailbox: the address of the mailbox that it was found in.
    """
    author = parseaddr(headers["from"])[1].lower()
    if kind in ABOUT_RECIPIENTS:
        addresses = frozenset(one.address.lower() for one in verdict.recipients)
    elif "x-postroad-message" in headers or author == (mailbox or "").lower():
        return None
    else:
        addresses = frozenset([author] if author else [])
    return Clues(
        author=author,
        key=verdict.postroad_message,
        return_token=_return_token(headers),
        message_ids=_ids(headers, verdict),
        thread_id=thread_id,
        addresses=addresses,
        is_notice=kind in ABOUT_RECIPIENTS,
    )


def choose(clues: Clues, basis: Basis, candidates: Sequence[Candidate]) -> Match | None:
    """Choose among the messages that one kind of clue leads to."""
    fitting = [one for one in candidates if clues.author != one.sender]
    if basis is Basis.RETURN_PATH:
        fitting = [one for one in fitting if verp_token(one.key) == clues.return_token]
    if basis is Basis.THREAD and (clues.is_notice or _people(fitting) > 1):
        # Some providers make a thread of everything with one subject.
        fitting = [one for one in fitting if one.address in clues.addresses]
    if not fitting:
        return None
    ranks = {message_id: rank for rank, message_id in enumerate(clues.message_ids)}
    best = min(fitting, key=lambda one: (ranks.get(one.message_id or "", _MOST_IDS), -one.sent_at))
    return Match(best.message, basis, not clues.addresses or best.address in clues.addresses)


def _people(candidates: Sequence[Candidate]) -> int:
    return len({one.enrollment for one in candidates})


def _return_token(headers: Headers) -> str | None:
    tokens = (verp_token_in(headers[name]) for name in _DELIVERED_TO)
    return next(filter(None, tokens), None) or unsubscribe_token(headers)


def _ids(headers: Headers, verdict: Verdict) -> tuple[str, ...]:
    """Return the original's id, what is answered, and the thread from its end (RFC 5322, 3.6.4)."""
    answered = _MESSAGE_ID.findall(headers["in-reply-to"])
    thread = _MESSAGE_ID.findall(headers["references"])[::-1]
    own = [verdict.original_message_id] if verdict.original_message_id else []
    return tuple(dict.fromkeys([*own, *answered, *thread]))[:_MOST_IDS]
