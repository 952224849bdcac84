"""Asking an Exchange server without waiting for it: so many requests at once, in threads."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from postroad.channels.base import AuthorisationLost, ChannelError
from postroad.channels.exchange_errors import Nonsense, Refused, meaning
from postroad.channels.exchange_protocol import Desk, checked
from postroad.channels.exchange_settings import ExchangeSettings
from postroad.channels.exchange_xml import Element
from postroad.channels.tls import trusting
from postroad.channels.tokens import TokenSource

_PATIENCE = 3.0
"""exchangelib's timeout is for every read; a request as a whole may take so many of them."""


class ExchangeServer:
    """One mailbox on a server; as many requests at once as the channel has connections.

    exchangelib blocks, so every thread has a desk of its own: a shared one would make them queue.
    """

    def __init__(
        self, settings: ExchangeSettings, address: str, tokens: TokenSource | None
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            settings: the channel's settings.
            address: the mailbox.
            tokens: where bearer tokens come from; None for `auth: basic` and `ntlm`.
        """
        self.address = address
        self.settings = settings
        self._tokens = tokens
        self._seconds = _PATIENCE * settings.timeout.total_seconds()
        self._threads = ThreadPoolExecutor(settings.connections, "exchange")
        self._own = threading.local()
        self._desks: list[Desk] = []

    @property
    def version(self) -> str:
        """What the server said it is; empty before the first request."""
        version = self._desks[-1].version if self._desks else None
        return f"{version.fullname} ({version.build})" if version else ""

    async def ask(self, operation: str, payload: Element, *, sends: bool = False) -> list[Element]:
        """Make one request; return its response messages, whatever each of them says.

        Args:
            operation: the name of the EWS operation.
            payload: its element.
            sends: whether it is to send a message.

        Raises:
            ChannelError: what a refusal of the whole, or a failure, means.
        """
        if self._tokens is None:
            return await self._once(operation, payload, None, sends=sends)
        token = await self._tokens.token()
        try:
            return await self._once(operation, payload, token, sends=sends)
        except AuthorisationLost:
            token = await self._tokens.token(refused=token)
            return await self._once(operation, payload, token, sends=sends)

    async def ask_one(self, operation: str, payload: Element, *, sends: bool = False) -> Element:
        """Make a request for one thing; return the response message, which says NoError.

        Raises:
            ChannelError: what a refusal or a failure means.
        """
        [message] = await self.ask_all(operation, payload, 1, sends=sends)
        return message

    async def ask_all(
        self, operation: str, payload: Element, most: int, *, sends: bool = False
    ) -> list[Element]:
        """Make a request for so many things; return the messages, which all say NoError.

        Raises:
            ChannelError: what a refusal or a failure means.
        """
        messages = await self.ask(operation, payload, sends=sends)
        try:
            if len(messages) != most:
                raise Nonsense
            return [checked(message) for message in messages]
        except (Nonsense, Refused) as error:
            raise meaning(error, sends=sends) from None

    async def aclose(self) -> None:
        """Close every connection; requests on their way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for desk in self._desks:
            desk.close()

    async def _once(
        self, operation: str, payload: Element, token: str | None, *, sends: bool
    ) -> list[Element]:
        def work() -> list[Element]:
            desk = self._own_desk()
            desk.token = token
            return desk.ask(operation, payload)

        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(self._threads.submit(work))
        except ChannelError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it has a meaning
            raise meaning(error, sends=sends) from None

    def _own_desk(self) -> Desk:
        if not hasattr(self._own, "desk"):
            self._own.desk = Desk(self.settings, self.address, trusting(self.settings.ca_file))
            self._desks.append(self._own.desk)
        desk: Desk = self._own.desk
        return desk
