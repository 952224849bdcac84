"""The SMTP delivery channel: any provider or relay that takes mail by submission (RFC 6409)."""

import ssl
from contextlib import AbstractAsyncContextManager
from typing import Literal

from postroad.channels.base import (
    ChannelError,
    Connection,
    ConnectionLeases,
    InboxPage,
    NoLeases,
    OutgoingMessage,
    SentLookup,
    Verification,
)
from postroad.channels.connection_pool import ConnectionPool
from postroad.channels.imap_inbox import Inbox
from postroad.channels.imap_verify import verify_imap
from postroad.channels.smtp_opening import Report, open_session
from postroad.channels.smtp_session import SmtpSession
from postroad.channels.smtp_settings import SmtpSettings
from postroad.channels.smtp_verify import verify_smtp
from postroad.channels.tls import trusting


class SmtpChannel:
    """Sends over a pool of connections to one server."""

    def __init__(self, settings: SmtpSettings, leases: ConnectionLeases | None = None) -> None:
        """Prepare the channel; nothing is connected yet.

        Args:
            settings: where and how to connect.
            leases: who may open connections, where several workers share the channel.
        """
        self._settings = settings
        self._context: ssl.SSLContext | None = None
        bounces = settings.bounces
        self._imap = None if bounces is None else bounces.imap
        self._inbox = None if self._imap is None else Inbox(self._imap)
        self._pool = ConnectionPool(
            self._open,
            size=settings.connections,
            idle_seconds=settings.timeouts.idle.total_seconds(),
            messages_per_connection=settings.messages_per_connection,
            leases=leases or NoLeases(),
        )

    @property
    def connections(self) -> int:
        """How many messages may be in flight at once."""
        return self._settings.connections

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection, first come first served; opens one or reuses an idle one."""
        return self._pool.lend()

    async def find_sent(self, message: OutgoingMessage) -> Literal["cannot_tell"]:  # noqa: ARG002
        """SMTP has no way to ask for a message that was handed over."""
        return SentLookup.CANNOT_TELL

    async def verify(self, test_message: OutgoingMessage | None = None) -> Verification:
        """Connect and sign in, to the mailbox too, and send the test message where one is given."""
        try:
            context = self._tls()
        except ChannelError as error:
            return Verification(ok=False, findings=[error.words])
        found = await verify_smtp(self._settings, context, self._open, test_message)
        if self._imap is None:
            return found
        inbox = await verify_imap(self._imap)
        return Verification(found.ok and inbox.ok, [*found.findings, *inbox.findings])

    @property
    def has_inbox(self) -> bool:
        """Whether there is a mailbox that notices go to and that can be read."""
        return self._inbox is not None

    async def read_inbox(self, cursor: str | None) -> InboxPage | None:
        """Return what arrived in the mailbox of notices; None where none is described."""
        return None if self._inbox is None else await self._inbox.read(cursor)

    async def sent_by_hand(self, since: int) -> None:
        """An SMTP channel has no Sent folder."""

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def _open(self, report: Report = lambda _: None) -> SmtpSession:
        return await open_session(self._settings, self._tls(), report)

    def _tls(self) -> ssl.SSLContext:
        # Reading the system's authorities takes milliseconds: once per channel.
        if self._context is None:
            self._context = trusting(self._settings.ca_file)
        return self._context
