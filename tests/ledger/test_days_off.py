"""Senders' days off: whom they hold back, and what changing them means for those who wait."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from postroad.campaign.audience import AudienceRow, pack_rows
from postroad.contracts import MessageState, ReserveQuota
from postroad.instants import DAY, HOUR, instant
from postroad.ledger.engine import Ledger
from postroad.ledger.enrolment import enrol_chunk
from postroad.ledger.explanations import explain
from postroad.ledger.going_on import Passed, go_on
from postroad.ledger.quota import reserve_wave
from postroad.ledger.standings import standings
from postroad.ledger.tables import AudienceChunk, Campaign, Message, Organisation, Sender, Step
from postroad.ledger.workspace import apply_workspace
from postroad.secrets import SecretBox
from postroad.workspace import Workspace
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

BO = "bo@acme.test"
PLANNED, SENT = MessageState.PLANNED, MessageState.SENT
OFFICE = {"days": "mon-fri", "hours": "09:00-17:00", "timezone": "sender"}
THIS_WEEK = ["2026-11-16..2026-11-20"]
"""NOW is Wednesday, 2026-11-18, 12:06:40 in Madrid."""
MONDAY = instant(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_sender(connection, BO)
        add_channel(connection, shared=True)
        add_campaign(connection)
        connection.execute(insert(Organisation).values(id=1, name="Acme", settings={}))
        connection.execute(
            update(Step).values(settings={"window": OFFICE}).where(Step.id == "intro")
        )
        connection.execute(
            update(Step).values(settings={"window": OFFICE, "wait": "1h"}).where(Step.id == "nudge")
        )


def _say(ledger: Ledger, sender: str = ANA, **settings: Any) -> None:
    with ledger.write() as connection:
        connection.execute(update(Sender).where(Sender.email == sender).values(settings=settings))


def _enrol(ledger: Ledger) -> dict[str, int | None]:
    """Enrol a person of each sender; return when the first message is due, by sender."""
    rows = [
        AudienceRow(n, f"{n}@x.test", f"{n}@x.test", "x.test", {}, sender, None)
        for n, sender in enumerate((ANA, BO))
    ]
    with ledger.write() as connection:
        connection.execute(
            insert(AudienceChunk).values(campaign_id="q4", number=0, rows=pack_rows(rows))
        )
        enrol_chunk(connection, "q4", 0, NOW)
        due = connection.scalars(
            select(Message.due_at).where(Message.position == 0).order_by(Message.id)
        )
        return dict(zip((ANA, BO), due, strict=True))


def _apply(ledger: Ledger, **of_ana: Any) -> list[str]:
    described = Workspace.model_validate(
        {
            "organisation": {"name": "Acme"},
            "senders": [
                {"email": ANA, "name": "Ana", "timezone": "Europe/Madrid"} | of_ana,
                {"email": BO, "name": "Bo", "timezone": "Europe/Madrid"},
            ],
            "channels": [{"id": "ana-smtp", "kind": "smtp", "shared": True, "host": "x.test"}],
        }
    )
    with ledger.write() as connection:
        return apply_workspace(connection, described, SecretBox("a key for these tests"), NOW).wake


def _due(ledger: Ledger, message: int) -> int | None:
    with ledger.read() as connection:
        return connection.scalar(select(Message.due_at).where(Message.id == message))


def test_only_the_senders_own_people_wait_for_their_return(ledger: Ledger) -> None:
    _say(ledger, away=THIS_WEEK)
    assert _enrol(ledger) == {ANA: MONDAY, BO: NOW}


def test_a_senders_holidays_replace_the_organisations_and_days_away_add_up(
    ledger: Ledger,
) -> None:
    # 18 November is a holiday in one part of Germany, Buß- und Bettag.
    with ledger.write() as connection:
        window = OFFICE | {"holidays": "DE-SN", "away": ["2026-11-19"]}
        connection.execute(update(Organisation).values(settings={"window": window}))
    _say(ledger, BO, holidays="DE-BY")
    thursday_is_off = instant(datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    assert _enrol(ledger) == {ANA: thursday_is_off, BO: NOW}


def test_the_next_step_waits_for_the_senders_return(ledger: Ledger) -> None:
    _say(ledger, away=THIS_WEEK)
    with ledger.write() as connection:
        [_, nudge] = add_person(connection, "ada@x.test", SENT, PLANNED, due_at=None)
        enrollment = connection.scalar(select(Message.enrollment_id).where(Message.id == nudge))
        go_on(connection, "q4", ANA, [Passed(enrollment or 0, 0, NOW)])
    assert _due(ledger, nudge) == MONDAY


def test_who_is_due_when_the_sender_goes_away_is_held_and_told_why(ledger: Ledger) -> None:
    with ledger.write() as connection:
        [message] = add_person(connection, "ada@x.test", PLANNED)
    _say(ledger, away=THIS_WEEK)
    request = ReserveQuota(campaign_id="q4", sender=ANA, channel="ana-smtp", wave=1, at_most=50)
    with ledger.write() as connection:
        assert reserve_wave(connection, request, NOW).messages == 0
    assert _due(ledger, message) == MONDAY
    with ledger.read() as connection:
        [standing] = standings(connection, "ada@x.test", NOW)
    [sentence] = explain(standing, NOW).sentences
    assert "Wed 18 Nov to Fri 20 Nov are off for the sender" in sentence


def test_single_mails_leave_while_the_sender_is_away(ledger: Ledger) -> None:
    _say(ledger, away=THIS_WEEK)
    with ledger.write() as connection:
        connection.execute(
            update(Campaign).values(settings={"senders": [ANA], "interactive": True})
        )
        connection.execute(update(Step).values(settings={}))
        add_person(connection, "ada@x.test", PLANNED)
    request = ReserveQuota(campaign_id="q4", sender=ANA, channel="ana-smtp", wave=1, at_most=50)
    with ledger.write() as connection:
        assert reserve_wave(connection, request, NOW).messages == 1


def test_a_return_that_changes_reaches_those_who_wait_for_it(ledger: Ledger) -> None:
    _apply(ledger, away=THIS_WEEK)
    assert _enrol(ledger)[ANA] == MONDAY
    with ledger.write() as connection:
        [later] = add_person(connection, "b@x.test", PLANNED, due_at=NOW + HOUR, reason="a cap")
        [asked] = connection.scalars(select(Message.id).where(Message.due_at == MONDAY)).all()
    assert f"sequence/q4/{ANA}" in _apply(ledger, away=["2026-11-16..2026-11-18"])
    thursday = instant(datetime(2026, 11, 19, 8, 0, tzinfo=UTC))
    assert _due(ledger, asked) == thursday
    assert f"sequence/q4/{ANA}" in _apply(ledger, away=["2026-11-16..2026-11-23"])
    assert _due(ledger, asked) == MONDAY + DAY
    _apply(ledger)
    assert _due(ledger, asked) == NOW
    assert _due(ledger, later) == NOW + HOUR, "something else explains when it is due"
