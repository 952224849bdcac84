"""What every delivery channel offers, and the one taxonomy of what can go wrong.

A channel knows nothing of Temporal and never waits for a provider's limits itself: it says
when to come back (`retry_after`), and the workflow sleeps.
"""

import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final, Literal, Protocol

KEY_HEADER: Final = "X-Postroad-Message"
"""The header that each message alone carries, with its key."""

_MOST_WORDS = 300
_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def one_line(words: str) -> str:
    """Return a provider's words fit for the ledger and a terminal: one line, 300 characters.

    Control characters and what was not UTF-8 become spaces: providers are not to be trusted.
    """
    return _UNPRINTABLE.sub(" ", words).strip()[:_MOST_WORDS]


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message, ready for the wire."""

    key: str
    """`<campaign id>/<step id>/<person key>`, the X-Postroad-Message value; same on every try."""
    message_id: str
    """The Message-ID header, with its angle brackets."""
    envelope_from: str
    recipient: str
    """The bare address; ASCII unless its local part is internationalised (RFC 6531)."""
    content: bytes
    """The whole RFC 5322 message, lines ending in CRLF."""
    thread_id: str | None = None
    """The provider's id of the thread that this message answers in, where it gave one."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message."""

    provider_id: str | None
    """The provider's own id (queue id, Gmail id), where it gave one."""
    response: str
    """The provider's words, on one line."""
    message_id: str | None = None
    """The Message-ID as the provider rewrote it; None where it is ours."""
    thread_id: str | None = None
    """The provider's id of the thread that the message is in, where it has threads."""


class SentLookup:
    """Answers of `find_sent` when there is no receipt."""

    NOT_SENT: ClassVar[Literal["not_sent"]] = "not_sent"
    CANNOT_TELL: ClassVar[Literal["cannot_tell"]] = "cannot_tell"


SentAnswer = Receipt | Literal["not_sent", "cannot_tell"]
"""What `find_sent` answers."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found, one finding per check, in the order they were made."""

    ok: bool
    findings: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class InboundMail:
    """One mail that arrived in a mailbox."""

    provider_id: str
    """The provider's id, the same on every reading."""
    content: bytes
    """The whole RFC 5322 message; a channel may leave attachments above 1 MB out."""
    received_at: int
    """When the mailbox took it, in milliseconds since the epoch."""
    thread_id: str | None = None
    """The provider's id of the thread it is in, where it has threads."""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Mails that arrived since a cursor, and the cursor to read on from."""

    mails: list[InboundMail]
    cursor: str
    """Opaque; stored between readings."""
    more: bool = False
    """Whether another page can be read at once."""
    resynced: bool = False
    """The old cursor was too old: mails that were read before may come again."""


class Connection(Protocol):
    """One way to the provider; carries one message at a time."""

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message over, over a new connection where the old one was closed meanwhile.

        Raises:
            ChannelError: always one of its subclasses below; nothing else escapes.
        """
        ...


class DeliveryChannel(Protocol):
    """A connected way out."""

    @property
    def connections(self) -> int:
        """How many messages may be in flight at once."""
        ...

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection, first come first served; opens one or reuses an idle one.

        Raises:
            ChannelError: no connection could be opened; nothing left.
        """
        ...

    async def find_sent(self, message: OutgoingMessage) -> SentAnswer:
        """Say whether the provider already took this message."""
        ...

    async def verify(self, test_message: OutgoingMessage | None = None) -> Verification:
        """Connect and authenticate, and send the test message where one is given.

        What is wrong is a finding, with the way out; it raises nothing for it.
        """
        ...

    @property
    def has_inbox(self) -> bool:
        """Whether what comes back can be read here."""
        ...

    async def read_inbox(self, cursor: str | None) -> InboxPage | None:
        """Return what arrived since the cursor; None where the channel has no inbox.

        With no cursor it returns no mail, only the cursor of this moment. What the person
        reads, marks or files meanwhile hides nothing; what they sent themselves is not returned.

        Raises:
            ChannelError: the inbox cannot be read now.
        """
        ...

    async def sent_by_hand(self, since: int) -> list[int] | None:
        """Return when the mailbox sent mail that is not ours; None where nobody can tell.

        Args:
            since: only mail sent at this instant or later; milliseconds since the epoch.

        Raises:
            ChannelError: the Sent folder cannot be read now.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


class ConnectionLeases(Protocol):
    """Who may open connections to one channel, where several workers share it.

    A lease is the right to keep one connection open, idle times included.
    """

    async def acquire(self) -> None:
        """Wait until one more connection may be opened; cancelled, it holds nothing."""
        ...

    async def release(self) -> None:
        """Give one lease back: its connection is closed."""
        ...


class NoLeases:
    """Leases where nobody shares the channel: there is always one."""

    async def acquire(self) -> None:
        """Return at once."""

    async def release(self) -> None:
        """Do nothing."""


class ChannelError(Exception):
    """A provider's refusal or failure, mapped to what it means for the message.

    Attributes:
        kind: the class's word in the ledger and in histories.
        words: what the provider said, on one line, at most 300 characters.
        code: the SMTP reply code or HTTP status, where there was one.
        enhanced: the RFC 3463 status `class.subject.detail`, where there was one.
        retry_after: how long the provider asked us to wait, where it said.
    """

    kind: ClassVar[str]

    def __init__(
        self,
        words: str,
        *,
        code: int | None = None,
        enhanced: str | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        self.words = one_line(words)
        self.code = code
        self.enhanced = enhanced
        self.retry_after = retry_after
        super().__init__(self.words)


class RateLimited(ChannelError):
    """Too fast: nothing left. The channel waits `retry_after`; the message is tried again."""

    kind = "rate_limited"


class QuotaExhausted(ChannelError):
    """A longer quota is used up: nothing left. As RateLimited, with hours instead of seconds."""

    kind = "quota_exhausted"


class Transient(ChannelError):
    """A passing fault and certainly nothing left: this message is tried again later."""

    kind = "transient"


class Ambiguous(ChannelError):
    """The message may or may not have left. Never resent without asking `find_sent`."""

    kind = "ambiguous"


class RecipientRefused(ChannelError):
    """The provider refuses this recipient for good: that person's bounce, at once."""

    kind = "recipient_refused"

    @property
    def address_is_dead(self) -> bool:
        """Whether the address itself is refused (RFC 3463 x.1.1, x.1.2, x.1.3, x.1.10, x.1.6)."""
        return (self.enhanced or "").split(".")[1:] in (
            ["1", "1"], ["1", "2"], ["1", "3"], ["1", "6"], ["1", "10"],
        )  # fmt: skip


class MessageRefused(ChannelError):
    """The provider refuses this message for good (size, content, policy)."""

    kind = "message_refused"


class AuthorisationLost(ChannelError):
    """The credentials no longer work: the channel is parked until it is reconnected."""

    kind = "authorisation_lost"


class AccountRefused(ChannelError):
    """The provider refuses this account or sender: the channel is paused for an operator."""

    kind = "account_refused"


class Misconfigured(ChannelError):
    """The channel's settings are wrong (host, TLS, port): paused for an operator."""

    kind = "misconfigured"
