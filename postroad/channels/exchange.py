"""The Exchange delivery channel: a person's mailbox on a server that speaks EWS."""

import base64
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

from postroad.channels.base import (
    Connection,
    ConnectionLeases,
    InboxPage,
    OutgoingMessage,
    Receipt,
    SentAnswer,
    Verification,
)
from postroad.channels.exchange_inbox import Inbox
from postroad.channels.exchange_sent import SENT, SentItems
from postroad.channels.exchange_server import ExchangeServer
from postroad.channels.exchange_settings import ExchangeSettings
from postroad.channels.exchange_verify import verify_exchange
from postroad.channels.exchange_xml import Element, M, T, folder, key_property
from postroad.channels.lanes import Lanes
from postroad.channels.tokens import ClientCredentialsGrant, OAuthTokens

_AUTHORITY = "https://login.microsoftonline.com"


class ExchangeChannel:
    """Sends through one mailbox, and reads what comes back to it."""

    def __init__(
        self, settings: ExchangeSettings, address: str, leases: ConnectionLeases | None = None
    ) -> None:
        """Prepare the channel; nothing is connected yet.

        Args:
            settings: the server, and how to sign in.
            address: the mailbox.
            leases: who may have messages on their way, where several workers share the channel.
        """
        self._address = address
        self._settings = settings
        self._server = ExchangeServer(settings, address, _tokens(settings))
        self._sent = SentItems(self._server)
        self._inbox = Inbox(self._server)
        self._lanes = Lanes(self._send, settings.connections, leases)

    @property
    def connections(self) -> int:
        """How many messages may be in flight at once."""
        return self._settings.connections

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a way to the mailbox, first come first served."""
        return self._lanes.lend()

    async def find_sent(self, message: OutgoingMessage) -> SentAnswer:
        """Look for a message where the server keeps what it took, waiting mail included."""
        return await self._sent.find(message)

    async def verify(self, test_message: OutgoingMessage | None = None) -> Verification:
        """Sign in, open the mailbox, and send the test message where one is given."""
        return await verify_exchange(self._server, self._send, test_message)

    @property
    def has_inbox(self) -> bool:
        """A mailbox has one."""
        return True

    async def read_inbox(self, cursor: str | None) -> InboxPage:
        """Return what arrived since the cursor, wherever it was filed meanwhile."""
        return await self._inbox.read(cursor)

    async def sent_by_hand(self, since: int) -> list[int]:
        """Return when the mailbox sent mail that has no header of ours."""
        return await self._sent.by_hand(since)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._server.aclose()

    async def _send(self, message: OutgoingMessage) -> Receipt:
        await self._server.ask_one("CreateItem", self._creation(message), sends=True)
        # The answer to SendAndSaveCopy names no item: it is on its way, not in a folder.
        return Receipt(provider_id=None, response="accepted by Exchange")

    def _creation(self, message: OutgoingMessage) -> Element:
        """Return the request to send a message as it was composed (docs/decisions)."""
        item = T.Message(
            T.MimeContent(base64.b64encode(message.content).decode(), CharacterSet="UTF-8"),
            T.ExtendedProperty(key_property(), T.Value(message.key)),
        )
        return M.CreateItem(
            M.SavedItemFolderId(folder(SENT, self._address)),
            M.Items(item),
            MessageDisposition="SendAndSaveCopy",
        )


def _tokens(settings: ExchangeSettings) -> OAuthTokens | None:
    """Return where bearer tokens come from, for whoever signs in so.

    The scope is the server's own address: that is how Microsoft Entra knows a server that takes
    its tokens (hybrid modern authentication), and Exchange Online.
    """
    if settings.auth != "oauth" or settings.credentials is None:
        return None
    given, parts = settings.credentials, urlsplit(settings.server)
    grant = ClientCredentialsGrant(
        given.client_id,
        given.client_secret.get_secret_value(),
        scope=f"{parts.scheme}://{parts.hostname}/.default",
    )
    endpoint = settings.token_endpoint or f"{_AUTHORITY}/{given.tenant}/oauth2/v2.0/token"
    return OAuthTokens(endpoint, grant, settings.timeout)
