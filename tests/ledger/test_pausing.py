"""Pausing single people: what is held back, until when, and how it goes on."""

import asyncio
from contextlib import aclosing
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from postroad.contracts import (
    AdvanceEnrollment,
    EnrollmentState,
    MessageState,
    PauseEnrollment,
    PersonPaused,
    PersonResumed,
    ResumeEnrollment,
    SelectChannel,
)
from postroad.instants import DAY, HOUR, MINUTE, moment
from postroad.ledger.advancing import NothingToAdvance, advance_person
from postroad.ledger.claims import Claim, Held, mark_sending, why_not
from postroad.ledger.engine import Ledger
from postroad.ledger.explanations import Explanation, explain
from postroad.ledger.overview import campaign_overview
from postroad.ledger.pausing import CannotPause, pause_person, resume_person
from postroad.ledger.selection import select_channels
from postroad.ledger.settlement import end_person
from postroad.ledger.standings import standings
from postroad.ledger.tables import Event, Message, Pause
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

PLANNED, RESERVED, SENDING = MessageState.PLANNED, MessageState.RESERVED, MessageState.SENDING
BO = "bo@x.test"


def _stage(connection: Connection, *messages: MessageState, **values: Any) -> list[int]:
    add_channel(connection)
    add_sender(connection)
    add_campaign(connection)
    return add_person(connection, BO, *messages, **values)


def _pause(connection: Connection, until: datetime | None = None) -> PersonPaused:
    request = PauseEnrollment(
        campaign_id="q4", email=BO, until=until, reason="asked us to wait", by="ops"
    )
    return pause_person(connection, request, NOW)


def _resume(connection: Connection) -> PersonResumed:
    request = ResumeEnrollment(campaign_id="q4", email=BO, by="ops")
    return resume_person(connection, request, NOW + HOUR)


def _message(connection: Connection, message: int) -> tuple[str, int | None, str | None]:
    row = connection.execute(
        select(Message.state, Message.due_at, Message.channel_id).where(Message.id == message)
    ).one()
    return row.state, row.due_at, row.channel_id


def _events(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(select(Event.event, Event.detail).order_by(Event.id))
    return [(row.event, row.detail) for row in rows]


def _explained(connection: Connection) -> Explanation:
    (standing,) = standings(connection, BO, NOW)
    return explain(standing, NOW)


@pytest.mark.parametrize("state", [PLANNED, RESERVED])
def test_what_is_due_or_booked_is_held_back_and_due_again_at_the_end(
    ledger: Ledger, state: MessageState
) -> None:
    with ledger.write() as connection:
        first, second = _stage(connection, state, PLANNED)
        assert _pause(connection).step == "intro"
        assert _message(connection, first) == ("planned", None, None)
        selected = select_channels(connection, SelectChannel(campaign_id="q4", sender=ANA), NOW)
        assert (selected.channels, selected.people_open, selected.people_paused) == ([], True, 1)
        resumed = _resume(connection)
        assert (resumed.step, resumed.due_at) == ("intro", moment(NOW - MINUTE))
        assert _message(connection, first) == ("planned", NOW - MINUTE, None)
        assert _message(connection, second)[1] is None
        assert _events(connection) == [
            ("person_paused", "by ops: asked us to wait"),
            ("person_resumed", "by ops"),
        ]


def test_a_wait_that_is_longer_than_the_pause_keeps_its_end(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _, second = _stage(connection, MessageState.SENT, PLANNED, due_at=NOW + 3 * DAY)
        _pause(connection, moment(NOW + DAY))
        assert _message(connection, second)[1] == NOW + 3 * DAY
        _resume(connection)
        assert _message(connection, second)[1] == NOW + 3 * DAY


def test_a_pause_with_an_end_is_over_when_that_has_come(ledger: Ledger) -> None:
    request = SelectChannel(campaign_id="q4", sender=ANA)
    with ledger.write() as connection:
        first, _ = _stage(connection, PLANNED, PLANNED)
        _pause(connection, moment(NOW + DAY))
        asked = select_channels(connection, request, NOW)
        assert asked.next_due_at == moment(NOW + DAY)
        assert not select_channels(connection, request, NOW + DAY - 1).channels
        (chosen,) = select_channels(connection, request, NOW + DAY).channels
        assert chosen.messages == 1
        assert _message(connection, first)[2] == "ana-smtp"
        assert connection.execute(select(Pause)).all() == []
        assert ("person_resumed", "the pause is over") in _events(connection)


def test_what_falls_due_in_a_pause_is_held_back_then(ledger: Ledger) -> None:
    with ledger.write() as connection:
        first, second = _stage(connection, SENDING, PLANNED, channel=None)
        assert _pause(connection).step is None
        of = Message.id == first
        connection.execute(update(Message).where(of).values(state=MessageState.SENT))
        connection.execute(update(Message).where(Message.id == second).values(due_at=NOW))
        request = SelectChannel(campaign_id="q4", sender=ANA)
        assert not select_channels(connection, request, NOW + HOUR).channels
        assert _message(connection, second) == ("planned", None, None)
        assert _resume(connection).due_at == moment(NOW)


def test_pausing_again_changes_the_end_and_in_the_same_words_nothing(ledger: Ledger) -> None:
    with ledger.write() as connection:
        first, _ = _stage(connection, PLANNED, PLANNED)
        _pause(connection)
        _pause(connection)
        assert len(_events(connection)) == 1
        _pause(connection, moment(NOW + DAY))
        assert _message(connection, first)[1] == NOW + DAY
        _resume(connection)
        assert _message(connection, first)[1] == NOW - MINUTE
        assert _resume(connection).step is None


def test_the_claim_is_the_last_that_looks_for_a_pause(ledger: Ledger) -> None:
    with ledger.write() as connection:
        first, _ = _stage(connection, RESERVED, PLANNED)
        # A wave was being booked while the person was paused: the pause did not see it.
        enrollment = connection.execute(select(Message.enrollment_id)).scalars().first()
        row = {"enrollment_id": enrollment, "at": NOW, "by": "ops", "reason": ""}
        connection.execute(insert(Pause).values(row))
    wish = Claim(first, 1, 1, version=1)

    async def claim() -> list[Any]:
        async with aclosing(ledger.writer()) as writer:
            return await writer.commit([mark_sending([wish])])

    assert asyncio.run(claim()) == []
    with ledger.read() as connection:
        assert why_not(connection, wish) == Held("the person is paused by ops")


def test_whoever_is_paused_still_leaves_by_answering(ledger: Ledger) -> None:
    with ledger.write() as connection:
        first, _ = _stage(connection, PLANNED, PLANNED)
        _pause(connection)
        enrollment = connection.execute(select(Message.enrollment_id)).scalars().first()
        assert end_person(connection, enrollment or 0, EnrollmentState.REPLIED, "") == 2
        assert _message(connection, first)[0] == "suppressed"
        overview = campaign_overview(connection, "q4", NOW)
        assert overview is not None
        assert overview.people.paused == 0
        with pytest.raises(CannotPause, match=r"nothing more goes to .* in q4: replied"):
            _resume(connection)


def test_nobody_is_moved_forward_while_they_are_paused(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, PLANNED, PLANNED)
        _pause(connection, moment(NOW + DAY))
        with pytest.raises(NothingToAdvance):
            advance_person(connection, AdvanceEnrollment(campaign_id="q4", email=BO, by="ops"), NOW)


def test_a_pause_explains_itself(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, PLANNED, PLANNED)
        _pause(connection)
        explained = _explained(connection)
        assert (explained.waits_for, explained.expected_at) == ("pause", None)
        assert explained.sentences == [
            "bo@x.test is paused by ops: asked us to wait: `postroad people resume q4 bo@x.test`."
        ]
        _pause(connection, moment(NOW + DAY))
        explained = _explained(connection)
        assert explained.expected_at == moment(NOW + DAY)
        assert explained.sentences == [
            "bo@x.test is paused until Thu 19 Nov 11:06:40 UTC, by ops: asked us to wait."
        ]
        overview = campaign_overview(connection, "q4", NOW)
        assert overview is not None
        assert overview.people.paused == 1
        assert overview.waits[0].words == "1 person paused one by one"
