"""Connections: lent in order, never too many, replaced when dead, never given on when dirty."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from postroad.channels.base import Ambiguous, ChannelError, OutgoingMessage, RateLimited, Transient
from postroad.channels.smtp import SmtpChannel
from postroad.sandbox.faults import Fault
from postroad.sandbox.server import Sandbox
from tests.channels.mails import PROVIDER, channel, eventually, lent, mail, sandbox


class CountedLeases:
    """So many leases; remembers the most that were held at once."""

    def __init__(self, leases: int) -> None:
        self._free = asyncio.Semaphore(leases)
        self.held = 0
        self.most_held = 0

    async def acquire(self) -> None:
        await self._free.acquire()
        self.held += 1
        self.most_held = max(self.held, self.most_held)

    async def release(self) -> None:
        self.held -= 1
        self._free.release()


@pytest.fixture
async def provider() -> AsyncIterator[Sandbox]:
    async with sandbox() as running:
        yield running


async def send(sending: SmtpChannel, message: OutgoingMessage) -> None:
    async with sending.connection() as connection:
        await connection.send(message)


def drop_connections(provider: Sandbox) -> None:
    for transport in list(provider.providers[PROVIDER].transports):
        transport.close()


async def test_a_connection_carries_many_messages(provider: Sandbox) -> None:
    async with channel(provider.port(PROVIDER), connections=1) as sending:
        for number in range(5):
            await send(sending, mail(f"q4/intro/{number}"))
        async with sending.connection() as connection:
            for number in range(5, 10):
                await connection.send(mail(f"q4/intro/{number}"))
    assert provider.accepted.messages == 10
    assert provider.providers[PROVIDER].connections == 1


async def test_never_more_connections_than_set_are_open(provider: Sandbox) -> None:
    async with channel(provider.port(PROVIDER), connections=3) as sending:
        await asyncio.gather(*(send(sending, mail(f"q4/intro/{n}")) for n in range(30)))
    assert provider.accepted.messages == 30
    assert provider.providers[PROVIDER].most_open == 3


async def test_places_are_given_first_come_first_served(provider: Sandbox) -> None:
    order: list[int] = []

    async def wait_for_a_place(number: int) -> None:
        async with sending.connection():
            order.append(number)

    async with channel(provider.port(PROVIDER), connections=1) as sending:
        async with sending.connection():
            waiting = [asyncio.create_task(wait_for_a_place(number)) for number in range(8)]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
    assert order == list(range(8))


async def test_someone_who_gives_up_waiting_takes_no_place(provider: Sandbox) -> None:
    async with channel(provider.port(PROVIDER), connections=1) as sending:
        async with sending.connection():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), sending.connection():
                    pass
        await send(sending, mail())
    assert provider.accepted.messages == 1


@pytest.mark.parametrize("noticed", [True, False])
async def test_a_message_survives_an_idle_connection_that_was_closed(
    provider: Sandbox, *, noticed: bool
) -> None:
    async with channel(provider.port(PROVIDER), connections=1) as sending:
        await send(sending, mail("q4/intro/1"))
        drop_connections(provider)
        if noticed:
            await asyncio.sleep(0.1)
        await send(sending, mail("q4/intro/2"))
    assert provider.accepted.messages == 2
    assert provider.providers[PROVIDER].connections == 2


async def test_a_message_survives_the_death_of_the_connection_in_hand(provider: Sandbox) -> None:
    async with lent(provider.port(PROVIDER)) as connection:
        for number in range(3):
            await connection.send(mail(f"q4/intro/{number}"))
            drop_connections(provider)
            await asyncio.sleep(0.01 * number)
    assert provider.accepted.messages == 3
    assert provider.accepted.duplicates == 0


async def test_a_connection_that_the_server_has_had_enough_of_is_replaced() -> None:
    limited = sandbox(messages_per_connection=2)
    async with limited as provider, lent(provider.port(PROVIDER)) as connection:
        for number in range(5):
            await connection.send(mail(f"q4/intro/{number}"))
    assert provider.accepted.messages == 5
    assert provider.providers[PROVIDER].connections == 3


async def test_a_connection_is_replaced_after_as_many_messages_as_set(provider: Sandbox) -> None:
    async with lent(provider.port(PROVIDER), messages_per_connection=2) as connection:
        for number in range(5):
            await connection.send(mail(f"q4/intro/{number}"))
    assert provider.providers[PROVIDER].connections == 3
    assert provider.providers[PROVIDER].most_open == 1


async def test_a_goodbye_on_a_new_connection_as_well_is_a_rate_limit(provider: Sandbox) -> None:
    goodbye = Fault(phase="mail", action="reply", reply="421 4.7.0 Goodbye", skip=1, times=2)
    provider.add_fault(goodbye)
    async with lent(provider.port(PROVIDER)) as connection:
        await connection.send(mail("q4/intro/1"))
        with pytest.raises(RateLimited):
            await connection.send(mail("q4/intro/2"))
    assert provider.providers[PROVIDER].connections == 2


async def test_a_server_that_does_not_forget_is_left(provider: Sandbox) -> None:
    async with lent(provider.port(PROVIDER)) as connection:
        with pytest.raises(ChannelError):
            await connection.send(mail("q4/intro/1", "gone@buyer.test"))
        drop_connections(provider)  # RSET, which comes first, is not answered
        await connection.send(mail("q4/intro/2"))
    assert provider.accepted.times("q4/intro/2") == 1


async def test_idle_connections_are_closed_soon(provider: Sandbox) -> None:
    leases = CountedLeases(2)
    short = {"idle": "50ms"}
    async with channel(provider.port(PROVIDER), leases, timeouts=short) as sending:
        await send(sending, mail())
        assert leases.held == 1
        await eventually(lambda: not leases.held)
        await eventually(lambda: not provider.providers[PROVIDER].transports)


async def test_leases_cap_the_connections_of_several_workers(provider: Sandbox) -> None:
    leases, port, short = CountedLeases(2), provider.port(PROVIDER), {"idle": "10ms"}
    async with (
        channel(port, leases, connections=4, timeouts=short) as one,
        channel(port, leases, connections=4, timeouts=short) as other,
    ):
        async with asyncio.timeout(20):
            await asyncio.gather(
                *(send(one, mail(f"q4/one/{n}")) for n in range(20)),
                *(send(other, mail(f"q4/other/{n}")) for n in range(20)),
            )
    assert provider.accepted.messages == 40
    assert leases.most_held == 2
    assert leases.held == 0
    assert provider.providers[PROVIDER].most_open <= 2


async def test_who_waits_for_a_lease_takes_a_connection_that_comes_back(provider: Sandbox) -> None:
    leases = CountedLeases(1)
    async with channel(provider.port(PROVIDER), leases, connections=2) as sending:
        async with sending.connection():
            waiting = asyncio.create_task(send(sending, mail()))
            await asyncio.sleep(0.02)
        async with asyncio.timeout(5):
            await waiting
    assert provider.providers[PROVIDER].connections == 1
    assert leases.held == 0


async def test_a_connection_handed_to_someone_who_gives_up_is_not_lost(provider: Sandbox) -> None:
    leases = CountedLeases(1)
    async with channel(provider.port(PROVIDER), leases, connections=2) as sending:
        async with sending.connection():
            waiting = asyncio.create_task(send(sending, mail("q4/intro/1")))
            await asyncio.sleep(0.02)
        waiting.cancel()  # it was handed the connection, and has not run since
        await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(5):
            await send(sending, mail("q4/intro/2"))
    assert [accepted.key for accepted in provider.accepted.mails] == ["q4/intro/2"]
    assert provider.providers[PROVIDER].connections == 1


async def test_a_lost_connection_gives_its_lease_back_at_once(provider: Sandbox) -> None:
    leases = CountedLeases(1)
    provider.add_fault(Fault(phase="end", action="drop"))
    async with channel(provider.port(PROVIDER), leases) as sending:
        with pytest.raises(Ambiguous):
            await send(sending, mail())
        await eventually(lambda: not leases.held)


async def test_who_gives_up_waiting_for_a_lease_keeps_none(provider: Sandbox) -> None:
    leases = CountedLeases(1)
    async with channel(provider.port(PROVIDER), leases, connections=2) as sending:
        async with sending.connection():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), sending.connection():
                    pass
        async with asyncio.timeout(5):
            await send(sending, mail())
    assert leases.held == 0


async def test_a_connection_that_cannot_be_opened_gives_its_lease_back(provider: Sandbox) -> None:
    leases = CountedLeases(1)
    provider.add_fault(Fault(phase="banner", action="drop", times=3))
    async with channel(provider.port(PROVIDER), leases, connections=1) as sending:
        async with asyncio.timeout(5):
            for _ in range(3):
                with pytest.raises(Transient):
                    await send(sending, mail())
            await send(sending, mail())
    assert leases.held == 0
    assert provider.accepted.messages == 1


async def test_sends_cancelled_at_any_moment_leak_nothing(provider: Sandbox) -> None:
    leases = CountedLeases(2)
    slow = timedelta(milliseconds=5)
    for phase in ("banner", "ehlo", "mail", "rcpt", "data", "end", "accepted"):
        fault = {"phase": phase, "action": "delay", "delay": slow, "times": None}
        provider.add_fault(Fault.model_validate(fault))
    async with channel(provider.port(PROVIDER), leases, connections=3) as sending:
        for number in range(40):
            impatient = [asyncio.create_task(send(sending, mail(f"q4/{number}/{n}"))) for n in "ab"]
            await asyncio.sleep(number * 0.001)
            for task in impatient:
                task.cancel()
            await asyncio.gather(*impatient, return_exceptions=True)
        async with asyncio.timeout(5):
            await asyncio.gather(*(send(sending, mail(f"q4/last/{n}")) for n in range(6)))
    assert [provider.accepted.times(f"q4/last/{n}") for n in range(6)] == [1] * 6
    assert provider.accepted.duplicates == 0
    assert provider.providers[PROVIDER].most_open <= 4  # a dropped one may not be noticed yet
    assert leases.held == 0
    assert leases.most_held <= 2


async def test_closing_the_channel_closes_every_connection(provider: Sandbox) -> None:
    async with channel(provider.port(PROVIDER), connections=3) as sending:
        await asyncio.gather(*(send(sending, mail(f"q4/intro/{n}")) for n in range(9)))
    await eventually(lambda: not provider.providers[PROVIDER].transports)
