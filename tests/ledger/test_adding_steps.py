"""A step that is added to a running campaign: who gets it, and when."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from postroad.contracts import EnrollmentState, InsertStep, MessageState
from postroad.instants import DAY
from postroad.ledger.adding_steps import (
    CannotAdd,
    insert_step,
    let_finished_go_on,
    plan_some,
    sequences_with_people,
    still_in_hand,
    waves_in_hand,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.settlement import Sent, Subject, settle_sent
from postroad.ledger.tables import Enrollment, Event, Message
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

PLANNED, SENDING, SENT = MessageState.PLANNED, MessageState.SENDING, MessageState.SENT
FINISHED = EnrollmentState.FINISHED


def _request(**values: Any) -> InsertStep:
    given = {"step": "offer", "position": 1, "settings": {"wait": "3d"}, "version": 1, "by": "ops"}
    return InsertStep(campaign_id="q4", **(given | values))


def _stage(connection: Connection) -> None:
    add_channel(connection)
    add_sender(connection)
    add_campaign(connection, steps=("intro",))


def _person(connection: Connection, address: str, *messages: MessageState, **values: Any) -> None:
    first, *_ = add_person(connection, address, *messages, **values)
    of = (Message.id == first, Message.state == SENT)
    connection.execute(update(Message).where(*of).values(sent_at=NOW - DAY))


def _add(connection: Connection, request: InsertStep) -> None:
    added_at = insert_step(connection, request, NOW)
    last: int | None = 0
    while last is not None:
        last = plan_some(connection, request, added_at, NOW, last)


def _found(connection: Connection) -> dict[str, tuple[str, str, int | None]]:
    rows = connection.execute(
        select(Enrollment.address, Enrollment.state, Message.state.label("message"), Message.due_at)
        .join(Message, Message.enrollment_id == Enrollment.id)
        .where(Message.position == 1)
    )
    return {row.address: (row.state, row.message, row.due_at) for row in rows}


def test_everybody_who_has_not_left_gets_it_and_the_others_are_counted(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection)
        _person(connection, "first@x.test", PLANNED)
        _person(connection, "done@x.test", SENT, state=FINISHED)
        _person(connection, "gone@x.test", SENT, state=EnrollmentState.REPLIED)
        _add(connection, _request())
        assert _found(connection) == {
            "first@x.test": ("active", "planned", None),
            "done@x.test": ("finished", "suppressed", None),
            "gone@x.test": ("replied", "suppressed", None),
        }
        (told,) = connection.execute(select(Event.event, Event.position, Event.detail)).all()
        assert tuple(told) == ("step_added", 1, "by ops")
        assert [each.sender for each in sequences_with_people(connection, "q4")] == [ANA]


def test_whoever_has_finished_goes_on_if_asked_counted_from_what_was_sent_last(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        _stage(connection)
        _person(connection, "done@x.test", SENT, state=FINISHED)
        _person(connection, "late@x.test", SENT, state=FINISHED)
        late = Enrollment.address == "late@x.test"
        connection.execute(update(Enrollment).where(late).values(reason="it was too late"))
        _add(connection, _request(reopen_finished=True))
        assert _found(connection) == {
            "done@x.test": ("active", "planned", NOW + 2 * DAY),
            "late@x.test": ("finished", "suppressed", None),
        }


def test_adding_it_again_changes_nothing(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection)
        _person(connection, "first@x.test", PLANNED)
        _add(connection, _request())
        _add(connection, _request())
        assert len(connection.execute(select(Message.id)).all()) == 2
        with pytest.raises(CannotAdd, match="q4 got another step meanwhile"):
            insert_step(connection, _request(step="other"), NOW)


def test_whom_an_older_wave_ended_goes_on(ledger: Ledger) -> None:
    request = _request()
    with ledger.write() as connection:
        _stage(connection)
        _person(connection, "wire@x.test", SENDING)
        _add(connection, request)
        waves = waves_in_hand(connection, request)
        assert still_in_hand(connection, waves)
        row = connection.execute(select(Message).where(Message.position == 0)).one()
    subject = Subject(row.id, row.enrollment_id, 0, "q4", "ana-smtp", "wire@x.test")

    async def settle() -> None:
        # The wave had begun before: for all it knows this was the last step.
        async with aclosing(ledger.writer()) as writer:
            await writer.commit(settle_sent([Sent(subject, NOW, None, "<m@x>", "", None)]))

    asyncio.run(settle())
    with ledger.write() as connection:
        assert _found(connection)["wire@x.test"] == ("finished", "planned", None)
        assert not still_in_hand(connection, waves)
        assert let_finished_go_on(connection, request, NOW) == 1
        assert _found(connection)["wire@x.test"] == ("active", "planned", NOW + 3 * DAY)
        assert let_finished_go_on(connection, request, NOW) == 0


def test_whoever_was_ended_before_they_got_a_message_of_it_goes_on_as_well(ledger: Ledger) -> None:
    request = _request()
    with ledger.write() as connection:
        _stage(connection)
        add_person(connection, "wire@x.test", SENT, state=FINISHED)
        insert_step(connection, request, NOW)
        connection.execute(update(Message).values(sent_at=NOW + 1))
        plan_some(connection, request, NOW, NOW, 0)
        assert _found(connection)["wire@x.test"] == ("active", "planned", NOW + 1 + 3 * DAY)


def test_whoever_fell_between_gets_it_due(ledger: Ledger) -> None:
    request = _request()
    with ledger.write() as connection:
        _stage(connection)
        _person(connection, "sent@x.test", SENT)
        insert_step(connection, request, NOW)
        assert plan_some(connection, request, NOW, NOW, 0) is not None
        assert _found(connection)["sent@x.test"] == ("active", "planned", NOW + 2 * DAY)
