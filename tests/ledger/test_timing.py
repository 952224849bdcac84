"""Messages keep to their step's window and dates; what comes too late ends and says why."""

from typing import Any

import pytest
from sqlalchemy import select, update

from postroad.contracts import (
    EnrollmentState,
    MessageState,
    Reservation,
    ReserveQuota,
    SelectChannel,
)
from postroad.instants import HOUR, moment
from postroad.ledger.engine import Ledger
from postroad.ledger.explanations import explain
from postroad.ledger.quota import reserve_wave
from postroad.ledger.selection import select_channels
from postroad.ledger.standings import standings
from postroad.ledger.tables import Enrollment, Event, Message, Step
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

PLANNED = MessageState.PLANNED
ADA = "ada@x.test"
YESTERDAY = {"not_after": "2026-11-17"}
"""NOW is Wednesday, 2026-11-18."""
REASON = "intro was not to leave after 2026-11-17"


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)


def _enrol(ledger: Ledger, settings: dict[str, Any], **values: Any) -> list[int]:
    with ledger.write() as connection:
        connection.execute(update(Step).where(Step.id == "intro").values(settings=settings))
        return add_person(connection, ADA, PLANNED, PLANNED, **values)


def _reserve(ledger: Ledger) -> Reservation:
    request = ReserveQuota(campaign_id="q4", sender=ANA, channel="ana-smtp", wave=1, at_most=50)
    with ledger.write() as connection:
        return reserve_wave(connection, request, NOW)


def _ended(ledger: Ledger) -> None:
    with ledger.read() as connection:
        messages = connection.execute(select(Message.state, Message.reason).order_by(Message.id))
        assert [tuple(row) for row in messages] == [
            (MessageState.SUPPRESSED, REASON),
            (MessageState.SUPPRESSED, "the person finished"),
        ]
        person = connection.execute(select(Enrollment.state, Enrollment.reason)).one()
        assert tuple(person) == (EnrollmentState.FINISHED, REASON)
        told = select(Event.detail).where(Event.event == "suppressed")
        assert connection.scalars(told).all() == [REASON]
        [standing] = standings(connection, ADA, NOW)
    assert REASON in explain(standing, NOW).sentences[0]


def test_what_waited_for_its_turn_until_it_was_too_late_ends_with_the_reason(
    ledger: Ledger,
) -> None:
    _enrol(ledger, YESTERDAY)
    assert _reserve(ledger).messages == 0
    _ended(ledger)


def test_what_no_channel_took_until_it_was_too_late_ends_with_the_reason(ledger: Ledger) -> None:
    _enrol(ledger, YESTERDAY, channel=None)
    with ledger.write() as connection:
        selected = select_channels(
            connection, SelectChannel(campaign_id="q4", sender=ANA, at_most=50), NOW
        )
    assert (selected.channels, selected.people_open) == ([], 0)
    _ended(ledger)


def test_nothing_leaves_before_its_first_day(ledger: Ledger) -> None:
    [message, _] = _enrol(ledger, {"not_before": "2026-11-20"})
    assert _reserve(ledger).messages == 0
    with ledger.read() as connection:
        due = connection.scalar(select(Message.due_at).where(Message.id == message))
    assert f"{moment(due or 0):%Y-%m-%d %H:%M}" == "2026-11-19 23:00"


def test_a_holiday_is_named_to_whoever_asks_why(ledger: Ledger) -> None:
    window = {"days": "mon-fri", "hours": "09:00-17:00", "holidays": "US", "timezone": "UTC"}
    # Thursday 26 November is Thanksgiving.
    _enrol(ledger, {"window": window}, due_at=NOW + (8 * 24 + 22) * HOUR, channel=None)
    with ledger.read() as connection:
        [standing] = standings(connection, ADA, NOW)
    assert (
        explain(standing, NOW)
        .sentences[0]
        .endswith(
            "in its window (09:00-17:00 UTC), which opens Fri 27 Nov 09:06 there; "
            "Thu 26 Nov is Thanksgiving Day (US)."
        )
    )
