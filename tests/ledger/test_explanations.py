"""`explain` names what really keeps a message back, and until when."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.instants import DAY, MINUTE, moment
from postroad.ledger.engine import Ledger
from postroad.ledger.explanations import Explanation, WaitsFor, explain
from postroad.ledger.standings import standings
from postroad.ledger.suppression import suppress_address
from postroad.ledger.tables import Campaign, Channel, QuotaScope, Sender, Step
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person, add_sender, add_turn

PLANNED, SENT = MessageState.PLANNED, MessageState.SENT
ADA = "ada@x.test"


@pytest.fixture
def people(ledger: Ledger) -> Ledger:
    """A ledger with one sender, channel and campaign, and nobody in it yet."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
    return ledger


def _enrol(ledger: Ledger, *messages: MessageState, **values: Any) -> list[int]:
    with ledger.write() as connection:
        return add_person(connection, ADA, *messages, **values)


def _explain(ledger: Ledger) -> Explanation:
    with ledger.read() as connection:
        [standing] = standings(connection, ADA, NOW)
    return explain(standing, NOW)


def test_a_later_step_says_which_wait_it_is_in(people: Ledger) -> None:
    _enrol(people, SENT, PLANNED, channel=None, due_at=NOW - MINUTE + 3 * DAY)
    told = _explain(people)
    assert (told.step, told.waits_for) == ("nudge", WaitsFor.DUE_TIME)
    assert told.expected_at == moment(NOW - MINUTE + 3 * DAY)
    assert told.sentences == [
        "nudge falls due Sat 21 Nov 11:05:40 UTC: 3d after intro (sent 11:05:40 UTC)."
    ]


def test_a_wait_that_ends_outside_the_window_says_so(people: Ledger) -> None:
    _enrol(people, SENT, PLANNED, channel=None, due_at=NOW + 4 * DAY)
    with people.write() as connection:
        window = {"days": "mon-fri", "hours": "09:00-17:00", "timezone": "sender"}
        connection.execute(
            update(Step).where(Step.id == "nudge").values(settings={"wait": "3d", "window": window})
        )
    assert (
        _explain(people)
        .sentences[0]
        .endswith(
            ": 3d after intro (sent 11:05:40 UTC), then in its window "
            "(09:00-17:00 Europe/Madrid), which opens Sun 22 Nov 12:06 there."
        )
    )


def test_a_deferral_says_what_the_provider_said(people: Ledger) -> None:
    values: dict[str, Any] = {"deferrals": 2, "reason": "451 greylisted", "due_at": NOW + MINUTE}
    _enrol(people, PLANNED, PLANNED, channel=None, **values)
    assert _explain(people).sentences == [
        "intro was put off 2 times (451 greylisted); next try 11:07:40 UTC."
    ]


def test_a_turn_says_when_and_why_and_who_goes_first(people: Ledger) -> None:
    with people.write() as connection:
        for number in range(3):
            add_person(connection, f"p{number}@x.test", PLANNED, due_at=NOW - 2 * MINUTE)
        reason = "next 11:07:40 UTC, because ana-smtp has sent 25 of 25 in 45s"
        add_turn(connection, NOW + MINUTE, reason)
    _enrol(people, PLANNED, PLANNED)
    told = _explain(people)
    assert (told.waits_for, told.expected_at) == (WaitsFor.TURN, moment(NOW + MINUTE))
    assert told.sentences == [
        "intro is due since 11:05:40 UTC and waits for its turn on ana-smtp: "
        "next 11:07:40 UTC, because ana-smtp has sent 25 of 25 in 45s; "
        "3 messages of the same sender go first."
    ]


def test_a_providers_pause_goes_before_the_turn(people: Ledger) -> None:
    with people.write() as connection:
        add_turn(connection, NOW + 2 * MINUTE, "25 of 25 in 45s")
        connection.execute(
            insert(QuotaScope).values(
                key="channel:ana-smtp", not_before=NOW + MINUTE, not_before_reason="421 slow down"
            )
        )
    _enrol(people, PLANNED, PLANNED)
    told = _explain(people)
    assert told.waits_for is WaitsFor.PROVIDER
    assert "421 slow down" in told.sentences[0]


def test_a_stopped_channel_names_the_way_out(people: Ledger) -> None:
    with people.write() as connection:
        connection.execute(
            update(Channel).values(state="unauthorised", state_reason="535 bad password")
        )
    _enrol(people, PLANNED, PLANNED)
    told = _explain(people)
    assert (told.waits_for, told.expected_at) == (WaitsFor.CHANNEL, None)
    assert "535 bad password" in told.sentences[0]
    assert "`postroad channel resume ana-smtp`" in told.sentences[0]


def test_where_no_channel_can_be_chosen_the_reason_is_told(people: Ledger) -> None:
    with people.write() as connection:
        connection.execute(update(Sender).values(default_channel="gone"))
    _enrol(people, PLANNED, PLANNED, channel=None)
    told = _explain(people)
    assert told.waits_for is WaitsFor.CHANNEL
    assert "the workspace has no channel gone" in told.sentences[0]


def test_a_due_message_with_nothing_in_its_way_goes_with_the_next_wave(people: Ledger) -> None:
    _enrol(people, PLANNED, PLANNED)
    told = _explain(people)
    assert told.expected_at == moment(NOW)
    assert "goes with the next wave on ana-smtp" in told.sentences[0]


def test_a_booked_message_has_a_slot(people: Ledger) -> None:
    _enrol(people, MessageState.RESERVED, PLANNED, charge_at=NOW + MINUTE)
    told = _explain(people)
    assert (told.waits_for, told.expected_at) == (WaitsFor.SLOT, moment(NOW + MINUTE))


def test_everything_in_the_way_is_told_the_gravest_first(people: Ledger) -> None:
    with people.write() as connection:
        connection.execute(
            update(Campaign).values(
                state=CampaignState.PAUSED, state_by="bo", state_reason="wrong price"
            )
        )
    _enrol(people, SENT, PLANNED, channel=None, due_at=NOW + DAY)
    told = _explain(people)
    assert (told.waits_for, told.expected_at) == (WaitsFor.CAMPAIGN, None)
    assert told.sentences[0] == (
        "q4 is paused by bo: wrong price: `postroad resume q4` lets it go on."
    )
    assert told.sentences[1].startswith("nudge falls due")


def test_an_uncertain_message_waits_for_an_operator(people: Ledger) -> None:
    messages = _enrol(people, MessageState.UNCERTAIN, PLANNED, reason="timeout after DATA")
    told = _explain(people)
    assert (told.waits_for, told.expected_at) == (WaitsFor.OPERATOR, None)
    assert f"`postroad uncertain resend {messages[0]}`" in told.sentences[0]


@pytest.mark.parametrize("suppressed", [ADA, "@x.test"])
def test_a_suppressed_person_will_get_nothing(people: Ledger, suppressed: str) -> None:
    with people.write() as connection:
        suppress_address(connection, suppressed, "asked by phone", "operator", NOW)
    _enrol(people, PLANNED, PLANNED)
    told = _explain(people)
    assert told.waits_for is WaitsFor.SUPPRESSION
    assert told.sentences[0] == "ada@x.test is suppressed (asked by phone): intro will not leave."


def test_a_person_who_replied_gets_nothing_more(people: Ledger) -> None:
    _enrol(people, SENT, MessageState.SUPPRESSED, state=EnrollmentState.REPLIED)
    told = _explain(people)
    assert (told.step, told.waits_for) == (None, WaitsFor.NOTHING)
    assert told.sentences == ["Nothing more goes to ada@x.test in q4: replied."]


def test_the_latest_campaign_comes_first(people: Ledger) -> None:
    _enrol(people, PLANNED, PLANNED)
    with people.write() as connection:
        add_campaign(connection, "q5", staged_at=NOW)
        add_person(connection, ADA, PLANNED, campaign="q5")
    with people.read() as connection:
        assert [s.campaign for s in standings(connection, ADA, NOW)] == ["q5", "q4"]


def test_nobody_knows_an_address_that_was_never_enrolled(people: Ledger) -> None:
    with people.read() as connection:
        assert standings(connection, "nobody@x.test", NOW) == []
