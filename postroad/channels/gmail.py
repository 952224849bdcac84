"""The Gmail delivery channel: a person's mailbox, through the Gmail API."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from postroad.channels.base import (
    ChannelError,
    Connection,
    ConnectionLeases,
    InboxPage,
    OutgoingMessage,
    Receipt,
    SentAnswer,
    Verification,
)
from postroad.channels.gmail_api import GmailApi, Json
from postroad.channels.gmail_errors import NotThere, nonsense, sensible
from postroad.channels.gmail_inbox import Inbox
from postroad.channels.gmail_sent import SentFolder, rewritten_id
from postroad.channels.gmail_settings import GmailSettings
from postroad.channels.gmail_tokens import gmail_tokens
from postroad.channels.gmail_verify import verify_gmail
from postroad.channels.lanes import Lanes
from postroad.channels.tokens import forget

_READ_BACK_SECONDS = 10.0


class GmailChannel:
    """Sends through one mailbox, and reads what comes back to it."""

    def __init__(
        self,
        settings: GmailSettings,
        address: str,
        leases: ConnectionLeases | None = None,
        rotated: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """Prepare the channel; nothing is connected yet.

        Args:
            settings: the credentials, and where Google is.
            address: the mailbox.
            leases: who may have messages on their way, where several workers share the channel.
            rotated: told when Google replaces the refresh token.
        """
        self._settings = settings
        self._address = address
        self._tokens = gmail_tokens(settings, address, rotated or forget)
        self._api = GmailApi(settings, self._tokens)
        self._sent = SentFolder(self._api, settings.settle)
        self._inbox = Inbox(self._api)
        self._lanes = Lanes(self._send, settings.connections, leases)

    @property
    def connections(self) -> int:
        """How many messages may be in flight at once."""
        return self._settings.connections

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a way to the mailbox, first come first served."""
        return self._lanes.lend()

    async def find_sent(self, message: OutgoingMessage) -> SentAnswer:
        """Look for a message in the Sent folder, by the header that it alone carries."""
        with sensible():
            return await self._sent.find(message)

    async def verify(self, test_message: OutgoingMessage | None = None) -> Verification:
        """Get a token, see whose it is, and send the test message where one is given."""
        return await verify_gmail(self._address, self._tokens, self._api, self._send, test_message)

    @property
    def has_inbox(self) -> bool:
        """A mailbox has one."""
        return True

    async def read_inbox(self, cursor: str | None) -> InboxPage:
        """Return what arrived since the cursor, wherever it was filed meanwhile."""
        with sensible():
            return await self._inbox.read(cursor)

    async def sent_by_hand(self, since: int) -> list[int]:
        """Return when the mailbox sent mail that has no header of ours."""
        with sensible():
            return await self._sent.by_hand(since)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._api.aclose()

    async def _send(self, message: OutgoingMessage) -> Receipt:
        sent = await self._hand_over(message)
        if not isinstance(sent.get("id"), str):
            raise nonsense(sends=True)
        return Receipt(
            provider_id=sent["id"],
            response=f"accepted by Gmail as {sent['id']}",
            message_id=await self._read_back(message, sent["id"]),
            thread_id=sent.get("threadId"),
        )

    async def _hand_over(self, message: OutgoingMessage) -> Json:
        try:
            return await self._api.send(message.content, message.thread_id)
        except NotThere:
            if message.thread_id is None:
                raise
            # The person deleted the thread; the headers still say what is answered.
            return await self._api.send(message.content, None)

    async def _read_back(self, message: OutgoingMessage, mail_id: str) -> str | None:
        """Return the Message-ID that Gmail gave it; not to know it changes nothing: it was sent."""
        try:
            async with asyncio.timeout(_READ_BACK_SECONDS):
                with sensible():
                    return rewritten_id(message, await self._api.headers(mail_id, "Message-ID"))
        except (ChannelError, TimeoutError):
            return None
