"""Connections that are shared by everybody who sends through one channel.

Places are given first come, first served. An open connection, idle or not, holds a lease, which
other workers may be waiting for: idle ones are therefore closed soon.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from postroad.channels.base import ChannelError, ConnectionLeases, OutgoingMessage, Receipt
from postroad.channels.smtp_session import SmtpSession


class PooledConnection:
    """A place in the pool: one message at a time, over whichever connection is good."""

    def __init__(self, pool: "ConnectionPool", session: SmtpSession) -> None:
        self._pool = pool
        self.session: SmtpSession | None = session

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message over, over a new connection where the old one was closed meanwhile.

        Raises:
            ChannelError: what the server's refusal, or the failure, means.
        """
        session = await self._ready()
        try:
            return await session.send(message)
        except ChannelError:
            if not session.is_worn_out:
                raise
        session = await self._ready()
        return await session.send(message)

    async def _ready(self) -> SmtpSession:
        session, self.session = self.session, None
        self.session = await self._pool.renew(session)
        return self.session


class ConnectionPool:
    """Lends at most so many connections, and keeps unused ones open for a while."""

    def __init__(
        self,
        open_session: Callable[[], Awaitable[SmtpSession]],
        *,
        size: int,
        idle_seconds: float,
        messages_per_connection: int | None,
        leases: ConnectionLeases,
    ) -> None:
        self._open_session = open_session
        self._places = asyncio.Semaphore(size)
        self._idle_seconds = idle_seconds
        self._most_messages = messages_per_connection
        self._leases = leases
        self._idle: dict[SmtpSession, asyncio.TimerHandle] = {}
        self._takers: deque[asyncio.Future[SmtpSession]] = deque()
        self._farewells: set[asyncio.Task[None]] = set()
        self._closed = False

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[PooledConnection]:
        """Lend a place with an open connection.

        Raises:
            ChannelError: none could be opened.
        """
        async with self._places:
            lent = PooledConnection(self, await self._obtain())
            try:
                yield lent
            finally:
                if lent.session is not None:
                    self._give_back(lent.session)

    async def renew(self, session: SmtpSession | None) -> SmtpSession:
        """Return a session that may carry another message: the same one where it is still good.

        Raises:
            ChannelError: none could be opened; the lease was given back.
        """
        if session is None:
            return await self._obtain()
        if self._is_good(session):
            return session
        try:
            await session.quit()
        except BaseException:
            self._part_with(session)
            raise
        return await self._open_leased()

    async def aclose(self) -> None:
        """Close what is idle now, and the rest when it comes back."""
        self._closed = True
        for session, timer in self._idle.items():
            timer.cancel()
            self._part_with(session)
        self._idle.clear()
        while self._farewells:
            await asyncio.wait(self._farewells)

    async def _obtain(self) -> SmtpSession:
        while self._idle:
            session, timer = self._idle.popitem()  # the last one used is the surest to be alive
            timer.cancel()
            if self._is_good(session):
                return session
            self._part_with(session)
        return await self._await_session() or await self._open_leased()

    async def _await_session(self) -> SmtpSession | None:
        """Wait for a lease (None), or for a connection that is given back, whichever is first."""
        handed: asyncio.Future[SmtpSession] = asyncio.get_running_loop().create_future()
        leasing = asyncio.ensure_future(self._leases.acquire())
        either: set[asyncio.Future[Any]] = {handed, leasing}
        self._takers.append(handed)
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            if handed.done():
                self._give_back(handed.result())
            self._forgo(leasing)
            raise
        finally:
            with suppress(ValueError):
                self._takers.remove(handed)
        if handed.done():
            self._forgo(leasing)
            return handed.result()
        leasing.result()
        return None

    def _forgo(self, leasing: asyncio.Future[None]) -> None:
        """Call a request for a lease off; one that is granted all the same is given back."""

        def give_back(leasing: asyncio.Future[None]) -> None:
            if not leasing.cancelled() and leasing.exception() is None:
                self._later(self._leases.release())

        leasing.cancel()
        leasing.add_done_callback(give_back)

    async def _open_leased(self) -> SmtpSession:
        try:
            return await self._open_session()
        except BaseException:
            self._later(self._leases.release())
            raise

    def _give_back(self, session: SmtpSession) -> None:
        if self._closed or not self._is_good(session):
            self._part_with(session)
            return
        while self._takers:
            taker = self._takers.popleft()
            if not taker.done():
                taker.set_result(session)
                return
        self._idle[session] = asyncio.get_running_loop().call_later(
            self._idle_seconds, self._expire, session
        )

    def _is_good(self, session: SmtpSession) -> bool:
        most = self._most_messages
        return session.is_open and (most is None or session.messages < most)

    def _expire(self, session: SmtpSession) -> None:
        del self._idle[session]
        self._part_with(session)

    def _part_with(self, session: SmtpSession) -> None:
        """Close a connection in the background, then give its lease back."""

        async def part() -> None:
            try:
                await session.quit()
            finally:
                await self._leases.release()

        self._later(part())

    def _later(self, farewell: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(farewell)
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)
