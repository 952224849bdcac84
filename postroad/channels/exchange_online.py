"""The Exchange Online delivery channel: a person's mailbox, through Microsoft Graph."""

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
from postroad.channels.exchange_online_api import GraphApi, Json
from postroad.channels.exchange_online_drafts import Drafts
from postroad.channels.exchange_online_errors import sensible
from postroad.channels.exchange_online_inbox import Inbox
from postroad.channels.exchange_online_sent import SentMail, rewritten_id
from postroad.channels.exchange_online_settings import ExchangeOnlineSettings
from postroad.channels.exchange_online_tokens import microsoft_tokens
from postroad.channels.exchange_online_verify import Subject, verify_exchange_online
from postroad.channels.lanes import Lanes
from postroad.channels.tokens import forget

_READ_BACK_SECONDS = 10.0


class ExchangeOnlineChannel:
    """Sends through one mailbox, and reads what comes back to it."""

    def __init__(
        self,
        settings: ExchangeOnlineSettings,
        address: str,
        leases: ConnectionLeases | None = None,
        rotated: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """Prepare the channel; nothing is connected yet.

        Args:
            settings: the credentials, and where Microsoft is.
            address: the mailbox.
            leases: who may have messages on their way, where several workers share the channel.
            rotated: told when Microsoft replaces the refresh token.
        """
        self._settings = settings
        self._address = address
        self._tokens = microsoft_tokens(settings, rotated or forget)
        self._api = GraphApi(settings, address, self._tokens)
        self._drafts = Drafts(self._api)
        self._sent = SentMail(self._api, self._drafts, settings.settle)
        self._inbox = Inbox(self._api, address)
        self._lanes = Lanes(self._send, settings.connections, leases)

    @property
    def connections(self) -> int:
        """How many messages may be in flight at once."""
        return self._settings.connections

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a way to the mailbox, first come first served."""
        return self._lanes.lend()

    async def find_sent(self, message: OutgoingMessage) -> SentAnswer:
        """Look for a message by its draft, and withdraw the draft that did not leave."""
        with sensible():
            return await self._sent.find(message)

    async def verify(self, test_message: OutgoingMessage | None = None) -> Verification:
        """Get a token, see what it opens, and send the test message where one is given."""
        delegated = self._settings.delegated
        subject = Subject(self._address, delegated, self._tokens, self._api, self._send)
        return await verify_exchange_online(subject, test_message)

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
        with sensible():
            draft = await self._drafts.create(message)
            draft_id = str(draft["id"])
        await self._drafts.send(message, draft_id)
        sent = await self._read_back(draft)
        return Receipt(
            provider_id=draft_id,
            response=f"accepted by Exchange Online as {draft_id}",
            message_id=rewritten_id(message, sent),
            thread_id=sent.get("conversationId"),
        )

    async def _read_back(self, draft: Json) -> Json:
        """Return what became of a draft; where nobody can tell yet, what it was: it was sent."""
        try:
            async with asyncio.timeout(_READ_BACK_SECONDS):
                with sensible():
                    return await self._api.about(str(draft["id"]))
        except (ChannelError, TimeoutError):
            return draft
