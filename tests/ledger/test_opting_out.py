"""Whoever wants no more mail gets none, from the instant that this is committed."""

import asyncio
from contextlib import aclosing

import pytest
from sqlalchemy import select

from postroad.contracts import EnrollmentState, MessageState, sequence_workflow_id
from postroad.ledger.claims import Claim, Granted
from postroad.ledger.engine import Ledger
from postroad.ledger.journal import Journal
from postroad.ledger.opting_out import OptOut, opt_out
from postroad.ledger.tables import Enrollment, Event, Message, Suppression
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

SENT, PLANNED, RESERVED = MessageState.SENT, MessageState.PLANNED, MessageState.RESERVED
P = "p@x.test"


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        add_campaign(connection, "q3")


@pytest.mark.parametrize("how", list(OptOut))
def test_it_suppresses_and_ends_the_person_in_every_campaign_once(
    ledger: Ledger, how: OptOut
) -> None:
    with ledger.write() as connection:
        add_person(connection, P, SENT, PLANNED)
        add_person(connection, P, RESERVED, campaign="q3")
        add_person(connection, "other@x.test", PLANNED)
        opted = opt_out(connection, how, P, NOW, source="one-click")
        again = opt_out(connection, how, P, NOW, source="one-click")
    assert opted.new
    assert opted.wake == {sequence_workflow_id(name, ANA) for name in ("q3", "q4")}
    assert (again.new, again.wake) == (False, set())
    with ledger.read() as connection:
        people = list(connection.scalars(select(Enrollment.state).order_by(Enrollment.id)))
        assert people == [EnrollmentState.UNSUBSCRIBED] * 2 + [EnrollmentState.ACTIVE]
        assert list(connection.scalars(select(Suppression.address))) == [P]
        assert list(connection.scalars(select(Event.event))) == [how, how]
        states = list(connection.scalars(select(Message.state).order_by(Message.id)))
    assert states == [SENT, MessageState.SUPPRESSED, MessageState.SUPPRESSED, PLANNED]


def test_who_had_finished_is_told_of_for_the_mail_they_meant(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_person(connection, P, SENT, state=EnrollmentState.FINISHED)
        [enrollment] = connection.scalars(select(Enrollment.id))
        opt_out(
            connection, OptOut.UNSUBSCRIBED, P, NOW,
            source="mail", enrollment=enrollment, position=0, channel="ana-smtp",
        )  # fmt: skip
        event = connection.execute(select(Event.position, Event.channel_id, Event.detail)).one()
        assert tuple(event) == (0, "ana-smtp", "unsubscribed (mail)")
        assert connection.scalar(select(Enrollment.state)) == EnrollmentState.UNSUBSCRIBED


async def test_nothing_begins_to_leave_after_it_while_a_wave_is_on_the_wire(ledger: Ledger) -> None:
    """Claims race with people who unsubscribe: every claim is granted before, or never."""
    with ledger.write() as connection:
        messages = [add_person(connection, f"p{n}@x.test", RESERVED)[0] for n in range(40)]
    gone: set[int] = set()
    granted_after: set[int] = set()

    def leave(number: int) -> None:
        with ledger.write() as connection:
            opt_out(connection, OptOut.UNSUBSCRIBED, f"p{number}@x.test", NOW, source="one-click")
        gone.add(messages[number])

    async def people() -> None:
        for number in reversed(range(40)):
            await asyncio.to_thread(leave, number)

    async def wave(journal: Journal) -> None:
        for message in messages:
            was_gone = message in gone
            verdict = await journal.record([], Claim(message, 1, 1, 1))
            if was_gone and isinstance(verdict, Granted):
                granted_after.add(message)

    async with aclosing(Journal(ledger)) as journal:
        await journal.record([], Claim(messages[0], 1, 1, 1))  # one of each, whoever is faster
        await asyncio.to_thread(leave, 39)
        async with asyncio.TaskGroup() as group:
            group.create_task(people())
            group.create_task(wave(journal))
    assert granted_after == set()
    with ledger.read() as connection:
        states = set(connection.scalars(select(Message.state)))
    assert states == {MessageState.SENDING, MessageState.SUPPRESSED}
