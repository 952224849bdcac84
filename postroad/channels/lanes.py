"""Sending over requests instead of kept connections: so many at once, over all workers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from postroad.channels.base import ConnectionLeases, NoLeases, OutgoingMessage, Receipt


class Lane:
    """The right to have one message on its way."""

    def __init__(self, send: Callable[[OutgoingMessage], Awaitable[Receipt]]) -> None:
        self._send = send

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message over.

        Raises:
            ChannelError: what the provider's refusal, or the failure, means.
        """
        return await self._send(message)


class Lanes:
    """Lends at most so many lanes; each holds a lease while it is lent."""

    def __init__(
        self,
        send: Callable[[OutgoingMessage], Awaitable[Receipt]],
        size: int,
        leases: ConnectionLeases | None,
    ) -> None:
        self._lane = Lane(send)
        self._places = asyncio.Semaphore(size)
        self._leases = leases or NoLeases()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Lane]:
        """Lend a lane, first come first served."""
        async with self._places:
            await self._leases.acquire()
            try:
                yield self._lane
            finally:
                await self._leases.release()
