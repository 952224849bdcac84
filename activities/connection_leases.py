"""Capping a channel's connections over all workers, with leases in the ledger."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError

from postroad.ledger.engine import Ledger
from postroad.ledger.leases import LEASE_MS, free_lease, free_leases, renew_leases, take_lease

_RENEW_SECONDS = LEASE_MS / 4_000
_ASK_AGAIN_SECONDS = 0.25
_log = structlog.get_logger(__name__)


class LeaseHolder:
    """This worker as a holder of leases; renews them while it lives."""

    def __init__(self, ledger: Ledger, now: Callable[[], int]) -> None:
        self._ledger = ledger
        self._now = now
        self._name = secrets.token_hex(8)
        self._renewing: asyncio.Task[None] | None = None

    def leases_of(self, channel: str, most: int) -> "ChannelLeases":
        """Return the leases of one channel, of which all workers together hold `most`."""
        return ChannelLeases(self, channel, most)

    async def take(self, channel: str, most: int) -> int:
        """Wait until a lease of the channel is free, and take it."""
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renew())
        number = await asyncio.to_thread(self._take, channel, most)
        while number is None:  # another worker holds them, who cannot tell us when it is done
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
            number = await asyncio.to_thread(self._take, channel, most)
        return number

    async def free(self, channel: str, number: int) -> None:
        """Give a lease back."""
        await asyncio.to_thread(self._free, channel, number)

    async def aclose(self) -> None:
        """Give everything back."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.to_thread(self._free_all)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            try:
                await asyncio.to_thread(self._renew_once)
            except DBAPIError as error:
                _log.warning("leases_not_renewed", error=type(error).__name__)

    def _take(self, channel: str, most: int) -> int | None:
        with self._ledger.write() as connection:
            return take_lease(connection, channel, self._name, most, self._now())

    def _free(self, channel: str, number: int) -> None:
        with self._ledger.write() as connection:
            free_lease(connection, channel, number, self._name)

    def _renew_once(self) -> None:
        with self._ledger.write() as connection:
            renew_leases(connection, self._name, self._now())

    def _free_all(self) -> None:
        with self._ledger.write() as connection:
            free_leases(connection, self._name, self._now())


class ChannelLeases:
    """One channel's leases, as its connection pool asks for them."""

    def __init__(self, holder: LeaseHolder, channel: str, most: int) -> None:
        self._holder = holder
        self._channel = channel
        self._most = most
        self._held: deque[int] = deque()

    async def acquire(self) -> None:
        """Wait until one more connection may be opened; cancelled, it holds nothing."""
        taking = asyncio.ensure_future(self._holder.take(self._channel, self._most))
        try:
            self._held.append(await asyncio.shield(taking))
        except asyncio.CancelledError:
            taking.add_done_callback(self._give_back)
            raise

    async def release(self) -> None:
        """Give one lease back: its connection is closed."""
        await self._holder.free(self._channel, self._held.popleft())

    def _give_back(self, taken: "asyncio.Future[int]") -> None:
        if not taken.cancelled() and taken.exception() is None:
            self._held.append(taken.result())
            task = asyncio.ensure_future(self.release())
            task.add_done_callback(lambda done: done.exception())
