"""From an SMTP reply, or a failure, to the taxonomy: what it means depends on the phase.

Everything before the last byte of a message is certain: nothing left. Only a failure after it is
ambiguous. Replies are certain in every phase.
"""

import re
from collections.abc import Mapping
from enum import Enum

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    AuthorisationLost,
    ChannelError,
    MessageRefused,
    Misconfigured,
    QuotaExhausted,
    RateLimited,
    RecipientRefused,
    Transient,
)
from postroad.channels.smtp_reply import Reply

ErrorKind = type[ChannelError]


class Phase(Enum):
    """Where a dialogue with a server stands; the value completes a sentence about a failure."""

    GREETING = ""
    HELLO = " while introducing ourselves"
    TLS = " while agreeing on TLS"
    SIGN_IN = " while signing in"
    SENDER = " while naming the sender"
    RECIPIENT = " while naming the recipient"
    DATA = " while announcing the message"
    CONTENT = " while handing over the message"
    ACCEPTANCE = " while waiting for the message to be accepted"


_OPENING = (Phase.GREETING, Phase.HELLO, Phase.TLS)
_MAILBOX_PHASES = (Phase.RECIPIENT, Phase.DATA, Phase.ACCEPTANCE)

_BY_STATUS: Mapping[str, ErrorKind] = {
    # The sender's side, whatever the phase: nobody's bounce (facts: Exchange Online, Gmail).
    "5.1.7": AccountRefused,
    "5.1.8": AccountRefused,
    "5.2.252": AccountRefused,
    "5.4.5": QuotaExhausted,
    "5.7.60": AccountRefused,
    "5.7.232": QuotaExhausted,
    "5.7.233": QuotaExhausted,
    "5.7.501": AccountRefused,
    "5.7.502": AccountRefused,
    "5.7.503": AccountRefused,
    "5.7.515": AccountRefused,
    "5.7.705": AccountRefused,
    "5.7.708": AccountRefused,
    "5.7.750": AccountRefused,
    # RFC 3463, 3.5: mail system congestion.
    "4.4.5": RateLimited,
    # The message: too large for the system or the mailbox (RFC 3463, 3.3 and 3.4).
    "5.2.3": MessageRefused,
    "5.3.4": MessageRefused,
    # RFC 6531, 4.2: an internationalised address that this server cannot pass on.
    "5.6.7": RecipientRefused,
}

_OUT_OF_STEP = (500, 502, 503)
"""The two sides lost each other, which says nothing about the message."""
_UNAUTHORISED = (530, 534, 535)
_TOO_LARGE = 552
"""At MAIL it answers SIZE (RFC 1870, 6.1); at RCPT it is a full mailbox."""

_QUOTA = re.compile(
    r"limits? for sending|sending (quota|limit)|messaging limits|credits exceeded"
    r"|(daily|monthly|hourly)( \w+){0,4} (quota|limit)"
    r"|(quota|limit)( \w+){0,4} per (day|month|hour)",
    re.IGNORECASE,
)
_SENDER_SIDE = re.compile(
    r"(sender address|client host|helo command) rejected|relay(ing)? (access )?(denied|prohibited)"
    r"|(not permitted|not allowed|unable) to relay|not permitted to relay|send ?as ?denied"
    r"|not owned by user|unconfigured sending domain|verified sender identity",
    re.IGNORECASE,
)
_GREYLISTED = re.compile(r"gr[ae]y-?list", re.IGNORECASE)
_MAILBOX = re.compile(r"mailbox|over ?quota|user you are trying to contact", re.IGNORECASE)
_RATE = re.compile(
    r"\brates?\b|too (many|much|fast|frequent)|throttl|slow(ing)? down"
    r"|limits? (\w+ ){0,2}(exceeded|reached)|exceed(s|ed|ing)? (\w+ ){0,4}limit",
    re.IGNORECASE,
)
_SURE_RATE = re.compile(
    r"rate.?limit|throttl|too fast|too many (e-?mails|messages|requests) (per|in|within)\b",
    re.IGNORECASE,
)
"""What says so beyond doubt: a 5xx is a refusal for good unless its words are that clear."""


def refusal(phase: Phase, reply: Reply) -> ChannelError:
    """Say what a reply that is no success means for the message and the channel."""
    return _kind(phase, reply)(
        reply.words, code=reply.code, enhanced=reply.enhanced, retry_after=reply.retry_after
    )


def failure(phase: Phase, what: str) -> ChannelError:
    """Say what a lost connection, a timeout or an answer that is none means in a phase."""
    kind = Ambiguous if phase is Phase.ACCEPTANCE else Transient
    return kind(f"{what}{phase.value}")


def _kind(phase: Phase, reply: Reply) -> ErrorKind:
    """Choose the first that applies: nonsense, a clear status, a quota, then by phase and code."""
    if not 400 <= reply.code <= 599:
        return Ambiguous if phase is Phase.ACCEPTANCE else Transient
    if reply.enhanced is not None and reply.enhanced in _BY_STATUS:
        return _BY_STATUS[reply.enhanced]
    if _QUOTA.search(reply.text) and not _about_mailbox(reply):
        return QuotaExhausted
    if reply.code == 421:
        return RateLimited
    if phase is Phase.SIGN_IN:
        return _sign_in_kind(reply)
    return _passing_kind(phase, reply) if reply.code < 500 else _final_kind(phase, reply)


def _sign_in_kind(reply: Reply) -> ErrorKind:
    """RFC 4954, 6: 432 and 53x are about the credentials, 454 passes, 504 and 538 are settings."""
    match reply.code:
        case 432 | 501 | 530 | 534 | 535:
            return AuthorisationLost
        case 500 | 502 | 503 | 504 | 538:
            return Misconfigured
        case code if code >= 500:
            return AccountRefused
    return RateLimited if _RATE.search(reply.text) else Transient


def _passing_kind(phase: Phase, reply: Reply) -> ErrorKind:
    """A 4xx: the recipient's mailbox and greylisting concern one message, a pace concerns all."""
    if phase in _MAILBOX_PHASES and (_about_mailbox(reply) or _MAILBOX.search(reply.text)):
        return Transient
    if _GREYLISTED.search(reply.text):
        return Transient
    # A bare 4.7.x at RCPT is how servers greylist, and 454 at STARTTLS has one (RFC 3207, 4).
    policy = (reply.enhanced or "").startswith("4.7.")
    policy = policy and phase not in (Phase.RECIPIENT, Phase.TLS)
    return RateLimited if policy or _RATE.search(reply.text) else Transient


def _final_kind(phase: Phase, reply: Reply) -> ErrorKind:
    """A 5xx: refused for good; the first row that applies says whose fault it is."""
    code, opening = reply.code, phase in _OPENING
    wants_tls = code == 538 or (code == 530 and "starttls" in reply.text.lower())
    rows: tuple[tuple[object, ErrorKind], ...] = (
        (phase is Phase.TLS or wants_tls, Misconfigured),
        (code in _OUT_OF_STEP, Misconfigured if opening else Transient),
        (code in _UNAUTHORISED, AuthorisationLost),
        (phase in _MAILBOX_PHASES and _about_mailbox(reply), RecipientRefused),
        (_SURE_RATE.search(reply.text), RateLimited),
        (_SENDER_SIDE.search(reply.text) or opening, AccountRefused),
        (phase is Phase.SENDER and code != _TOO_LARGE, AccountRefused),
        (phase is Phase.RECIPIENT, RecipientRefused),
    )
    return next((kind for applies, kind in rows if applies), MessageRefused)


def _about_mailbox(reply: Reply) -> bool:
    """Whether the status is about the recipient's address or mailbox (RFC 3463, x.1 and x.2)."""
    return (reply.enhanced or "")[1:4] in (".1.", ".2.")
