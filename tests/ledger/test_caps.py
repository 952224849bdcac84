"""Caps from the workspace to the booking: nobody, no domain and no company gets too much."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from postroad.campaign.company import company_key
from postroad.contracts import MessageState, Reservation, ReserveQuota, SendWave
from postroad.instants import DAY, HOUR, MINUTE, SECOND, moment
from postroad.ledger.engine import Ledger
from postroad.ledger.explanations import WaitsFor, explain
from postroad.ledger.quota import rebook_wave, reserve_wave
from postroad.ledger.standings import standings
from postroad.ledger.tables import Enrollment, Message, Organisation, ReturnedTry
from postroad.quota.limits import Limit
from postroad.quota.turns import Priority
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender
from tests.quota.oracle import fullest

PLANNED, SENT = MessageState.PLANNED, MessageState.SENT
ADA = "ada@x.test"
CAMPAIGNS = [f"q{number}" for number in range(6)]
Cap = Callable[..., None]


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_channel(connection, "bo-smtp")
        connection.execute(insert(Organisation).values(id=1, name="Acme", settings={}))
        for campaign in CAMPAIGNS:
            add_campaign(connection, campaign)


@pytest.fixture
def cap(ledger: Ledger) -> Cap:
    """Put caps in force: `cap(per_person=(1, "1d"))`."""

    def put(**caps: tuple[int, str]) -> None:
        settings: dict[str, Any] = {
            name: {"messages": messages, "per": per} for name, (messages, per) in caps.items()
        }
        settings["recipient_domains"] = {"named.test": [{"messages": 3, "per": "1d"}]}
        with ledger.write() as connection:
            connection.execute(update(Organisation).values(settings=settings))

    return put


def _plan(
    ledger: Ledger, address: str, campaign: str = "q0", company: str = "", **values: Any
) -> int:
    with ledger.write() as connection:
        [message] = add_person(connection, address, PLANNED, campaign=campaign, **values)
        key = company_key({"company": company}, address.rpartition("@")[2])
        connection.execute(
            update(Enrollment).where(Enrollment.address == address).values(company=key)
        )
    return message


def _reserve(
    ledger: Ledger, campaign: str = "q0", now: int = NOW, wave: int = 1, channel: str = "ana-smtp"
) -> Reservation:
    request = ReserveQuota(campaign_id=campaign, sender=ANA, channel=channel, wave=wave, at_most=50)
    with ledger.write() as connection:
        return reserve_wave(connection, request, now)


def _settle(ledger: Ledger, at: int) -> None:
    """Let everything that is booked be accepted at an instant."""
    with ledger.write() as connection:
        connection.execute(
            update(Message)
            .where(Message.state == MessageState.RESERVED)
            .values(state=SENT, charge_at=at, sent_at=at)
        )


def _due(ledger: Ledger, message: int) -> int | None:
    with ledger.read() as connection:
        return connection.scalar(select(Message.due_at).where(Message.id == message))


def test_a_person_in_two_campaigns_gets_one_message_a_day(ledger: Ledger, cap: Cap) -> None:
    cap(per_person=(1, "1d"))
    _plan(ledger, ADA)
    second = _plan(ledger, ADA, "q1")
    others = _plan(ledger, "bo@x.test", "q1")
    assert _reserve(ledger).messages == 1
    _settle(ledger, NOW + 300)
    assert _reserve(ledger, "q1", NOW + MINUTE).messages == 1, "others do not wait for Ada"
    assert _due(ledger, others) == NOW - MINUTE
    assert _due(ledger, second) == NOW + 300 + DAY
    with ledger.write() as connection:
        again = update(Message).where(Message.id == second)
        connection.execute(again.values(channel_id="ana-smtp", due_at=NOW))
    assert _reserve(ledger, "q1", NOW + DAY, 2).messages == 0
    with ledger.write() as connection:
        connection.execute(again.values(channel_id="ana-smtp"))
    assert _reserve(ledger, "q1", NOW + 300 + DAY, 2).messages == 1


def test_a_campaigns_own_steps_wait_for_their_waits_alone(ledger: Ledger, cap: Cap) -> None:
    cap(per_person=(1, "1d"))
    with ledger.write() as connection:
        add_person(connection, ADA, SENT, PLANNED, campaign="q0")
    assert _reserve(ledger).messages == 1


def test_without_a_cap_nothing_waits(ledger: Ledger) -> None:
    for campaign in CAMPAIGNS:
        _plan(ledger, ADA, campaign)
        assert _reserve(ledger, campaign).messages == 1


def test_single_mails_wait_for_no_cap_but_count(ledger: Ledger, cap: Cap) -> None:
    cap(per_person=(1, "1d"), per_company=(1, "1d"), per_recipient_domain=(1, "1d"))
    for campaign in ("q0", "q1"):
        _plan(ledger, ADA, campaign, priority=Priority.INTERACTIVE)
        assert _reserve(ledger, campaign).messages == 1
    _plan(ledger, ADA, "q2")
    assert _reserve(ledger, "q2").messages == 0


def test_a_try_that_came_back_is_no_message_that_a_person_got(ledger: Ledger, cap: Cap) -> None:
    cap(per_person=(1, "1d"))
    message = _plan(ledger, ADA)
    _plan(ledger, ADA, "q1")
    with ledger.write() as connection:
        connection.execute(
            insert(ReturnedTry).values(
                message=message, channel_id="ana-smtp", domain="x.test",
                charge_at=NOW - HOUR, at=NOW - MINUTE, reason="mailbox full",
            )
        )  # fmt: skip
    assert _reserve(ledger).messages == 1, "its own try does not keep it back"
    assert _reserve(ledger, "q1").messages == 0, "sent again, it counts"


@pytest.mark.parametrize("channels", [["ana-smtp"], ["ana-smtp", "bo-smtp"]], ids=len)
def test_many_workers_at_once_exceed_no_cap(ledger: Ledger, cap: Cap, channels: list[str]) -> None:
    cap(per_person=(1, "1d"), per_company=(4, "1d"))
    people = [f"p{number}@c{number % 3}.test" for number in range(15)]
    for number, campaign in enumerate(CAMPAIGNS):
        for address in people:
            _plan(ledger, address, campaign, channel=channels[number % len(channels)])

    def ask(number: int) -> None:
        campaign = number % len(CAMPAIGNS)
        _reserve(ledger, CAMPAIGNS[campaign], NOW, number, channels[campaign % len(channels)])

    with ThreadPoolExecutor(6) as workers:
        list(workers.map(ask, range(24)))
    with ledger.read() as connection:
        booked = connection.execute(
            select(Enrollment.address, Enrollment.company, Message.charge_at)
            .join(Message, Message.enrollment_id == Enrollment.id)
            .where(Message.state == MessageState.RESERVED)
        ).all()
    assert len(booked) == 12, "four for each of three companies"
    assert len({row.address for row in booked}) == 12
    for company in {row.company for row in booked}:
        at = [row.charge_at or 0 for row in booked if row.company == company]
        assert fullest(at, Limit(messages=4, per=timedelta(days=1))) == 4


def test_every_domain_is_capped_but_public_and_named_ones(ledger: Ledger, cap: Cap) -> None:
    cap(per_recipient_domain=(2, "1h"))
    for domain in ("x.test", "y.test", "gmail.com", "named.test"):
        for number in range(3):
            _plan(ledger, f"p{number}@{domain}")
    assert _reserve(ledger).messages == 2 + 2 + 3 + 3
    with ledger.read() as connection:
        held = select(Message.domain, Message.reason).where(Message.state == PLANNED)
        assert sorted(map(tuple, connection.execute(held))) == [
            ("x.test", "x.test gets at most 2 per 1h"),
            ("y.test", "y.test gets at most 2 per 1h"),
        ]


def test_those_behind_a_full_domain_are_due_when_there_is_room(ledger: Ledger, cap: Cap) -> None:
    cap(per_recipient_domain=(2, "1h"))
    messages = [_plan(ledger, f"p{number}@x.test") for number in range(6)]
    assert _reserve(ledger).messages == 2
    later = [(_due(ledger, message) or 0) - NOW - HOUR for message in messages[2:]]
    assert later[0] == later[1] <= 10 * SECOND
    assert HOUR <= later[2] == later[3] <= HOUR + 20 * SECOND


def test_a_company_is_known_by_its_name_else_by_its_domain(ledger: Ledger, cap: Cap) -> None:
    cap(per_company=(1, "1d"))
    _plan(ledger, "a@granite.test", company="Granite  Foods")
    _plan(ledger, "b@granite.example", company="granite foods ")
    _plan(ledger, "c@slate.test")
    _plan(ledger, "d@slate.test")
    for number in range(2):
        _plan(ledger, f"p{number}@gmail.com")
    assert _reserve(ledger).messages == 4
    with ledger.read() as connection:
        held = select(Message.reason).where(Message.state == PLANNED).order_by(Message.id)
        assert connection.scalars(held).all() == [
            "the company granite foods gets at most 1 per 1d",
            "the company slate.test gets at most 1 per 1d",
        ]


def test_who_is_held_back_is_told_why_and_until_when(ledger: Ledger, cap: Cap) -> None:
    cap(per_person=(1, "1d"))
    _plan(ledger, ADA)
    _plan(ledger, ADA, "q1")
    _reserve(ledger)
    _settle(ledger, NOW)
    _reserve(ledger, "q1")
    with ledger.read() as connection:
        [told] = [
            explain(standing, NOW)
            for standing in standings(connection, ADA, NOW)
            if standing.campaign == "q1"
        ]
    assert (told.waits_for, told.expected_at) == (WaitsFor.CAP, moment(NOW + DAY))
    assert told.sentences == [
        "intro waits until Thu 19 Nov 11:06:40 UTC: "
        "a person in several campaigns gets at most 1 per 1d."
    ]


def test_who_is_due_and_not_asked_yet_is_told_of_the_cap_as_well(ledger: Ledger, cap: Cap) -> None:
    cap(per_company=(1, "1d"))
    _plan(ledger, "bo@x.test")
    _reserve(ledger)
    _settle(ledger, NOW)
    _plan(ledger, ADA)
    with ledger.read() as connection:
        [standing] = standings(connection, ADA, NOW)
    told = explain(standing, NOW)
    assert (told.waits_for, told.expected_at) == (WaitsFor.CAP, moment(NOW + DAY))
    assert told.sentences == [
        "intro is not to leave before Thu 19 Nov 11:06:40 UTC: "
        "the company x.test gets at most 1 per 1d.",
        "intro is due since 11:05:40 UTC and goes with the next wave on ana-smtp.",
    ]


def test_a_late_wave_does_not_count_against_itself(ledger: Ledger, cap: Cap) -> None:
    cap(per_company=(1, "1d"), per_person=(1, "1d"), per_recipient_domain=(1, "1d"))
    _plan(ledger, ADA)
    _reserve(ledger)
    wave = SendWave(campaign_id="q0", sender=ANA, channel="ana-smtp", wave=1)
    with ledger.write() as connection:
        assert rebook_wave(connection, wave, NOW + HOUR) == 1
