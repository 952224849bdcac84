"""A message that was not delivered is sent again, as often as the policy says, and counted once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from postroad.campaign.bounce_policy import SoftBounces
from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.inbox.matching import Basis, Match
from postroad.inbox.outcome import OutcomeKind
from postroad.inbox.verdict import Reason, Verdict
from postroad.instants import DAY, HOUR, MINUTE, milliseconds
from postroad.ledger.engine import Ledger
from postroad.ledger.outcomes import CameBack, Effect, record_outcome
from postroad.ledger.reports import campaign_report
from postroad.ledger.scopes import ChannelScopes
from postroad.ledger.tables import Campaign, Channel, Enrollment, Event, Message, ReturnedTry
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

SENT, PLANNED = MessageState.SENT, MessageState.PLANNED
P = "p@x.test"
Came = Callable[..., Effect | None]


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)


@pytest.fixture
def came(ledger: Ledger) -> Came:
    """Record something that came back for a message."""
    numbers = iter(range(1_000))

    def record(
        message: int,
        kind: OutcomeKind = OutcomeKind.SOFT_BOUNCED,
        reason: Reason = "transient",
        now: int = NOW,
    ) -> Effect | None:
        mail = CameBack(
            channel="ana-smtp",
            provider_id=f"mail-{next(numbers)}",
            received_at=now,
            kind=kind,
            verdict=Verdict("soft", reason=reason),
            match=Match(message, Basis.KEY, names_person=True),
        )
        with ledger.write() as connection:
            return record_outcome(connection, mail, now)

    return record


def _person(ledger: Ledger, *states: MessageState, **given: Any) -> list[int]:
    with ledger.write() as connection:
        return add_person(connection, P, *states, **given)


def _message(ledger: Ledger, message: int) -> Row[Any]:
    with ledger.read() as connection:
        return connection.execute(select(Message).where(Message.id == message)).one()


def _send_again(ledger: Ledger, message: int, at: int) -> None:
    with ledger.write() as connection:
        connection.execute(
            update(Message)
            .where(Message.id == message)
            .values(state=SENT, sent_at=at, charge_at=at, channel_id="ana-smtp")
        )


def test_it_is_planned_again_and_the_next_step_waits_for_it(ledger: Ledger, came: Came) -> None:
    [first, second] = _person(ledger, SENT, PLANNED)
    effect = came(first)
    assert effect is not None
    assert effect.revive is not None
    assert (effect.revive.campaign_id, effect.revive.sender) == ("q4", ANA)
    again = _message(ledger, first)
    assert (again.state, again.due_at) == (PLANNED, NOW + 4 * HOUR)
    assert (again.channel_id, again.charge_at, again.sent_at) == (None, None, None)
    assert _message(ledger, second).due_at is None


def test_every_try_that_left_goes_on_counting_against_limits(ledger: Ledger, came: Came) -> None:
    limits = [{"messages": 100, "per": "1d"}]
    with ledger.write() as connection:
        connection.execute(update(Channel).values(settings={"limits": limits}))
    [first, _] = _person(ledger, SENT, PLANNED)
    left = _message(ledger, first).charge_at
    came(first)
    with ledger.write() as connection:
        scopes = ChannelScopes.of(connection, "ana-smtp")
        loaded = scopes.load(connection, (), now=NOW, wanted=100)
    assert (SENT, left, 1) in loaded["channel:ana-smtp"].rows


@pytest.mark.parametrize("reason", ["spam", "policy", "content", "message_size"])
def test_what_would_be_refused_again_is_not_sent_again(
    ledger: Ledger, came: Came, reason: Reason
) -> None:
    [first, second] = _person(ledger, SENT, PLANNED)
    came(first, reason=reason)
    assert _message(ledger, first).state == SENT
    assert _message(ledger, second).due_at is not None


def test_the_ladder_ends_and_the_next_step_is_the_next_try(ledger: Ledger, came: Came) -> None:
    [first, second] = _person(ledger, SENT, PLANNED)
    ladder = SoftBounces().mailbox_full
    for pause in ladder:
        came(first, reason="mailbox_full")
        assert _message(ledger, first).due_at == NOW + milliseconds(pause)
        _send_again(ledger, first, NOW)
    with ledger.write() as connection:
        connection.execute(update(Message).where(Message.id == second).values(due_at=NOW + DAY))
    came(first, reason="mailbox_full")
    assert (_message(ledger, first).state, _message(ledger, second).due_at) == (SENT, NOW + DAY)
    with ledger.read() as connection:
        assert connection.scalar(select(Enrollment.state)) == EnrollmentState.ACTIVE


def test_a_person_is_given_up_by_the_campaigns_own_rule(ledger: Ledger, came: Came) -> None:
    rules = {"on_soft_bounce": {"retry_after": ["1h", "1h"], "give_up_after": 2}}
    with ledger.write() as connection:
        connection.execute(update(Campaign).values(settings=rules))
    [first, second] = _person(ledger, SENT, PLANNED)
    came(first)
    assert _message(ledger, first).due_at == NOW + HOUR
    _send_again(ledger, first, NOW + HOUR)
    came(first, now=NOW + HOUR + MINUTE)
    assert _message(ledger, second).state == MessageState.SUPPRESSED
    with ledger.read() as connection:
        assert connection.scalar(select(Enrollment.state)) == EnrollmentState.BOUNCED
        events = list(connection.scalars(select(Event.event).order_by(Event.id)))
    assert events == ["soft_bounced", "retry_planned", "soft_bounced", "given_up"]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (OutcomeKind.BOUNCED, EnrollmentState.BOUNCED),
        (OutcomeKind.REPLIED, EnrollmentState.REPLIED),
        (OutcomeKind.COMPLAINED, EnrollmentState.UNSUBSCRIBED),
        (OutcomeKind.DELIVERED, EnrollmentState.ACTIVE),
    ],
)
def test_news_of_the_last_try_takes_the_retry_back(
    ledger: Ledger, came: Came, kind: OutcomeKind, state: EnrollmentState
) -> None:
    [first, second] = _person(ledger, SENT, PLANNED)
    before = _message(ledger, first)
    came(first)
    came(first, kind)
    after = _message(ledger, first)
    assert (after.state, after.channel_id) == (SENT, "ana-smtp")
    assert after.charge_at == before.charge_at
    with ledger.read() as connection:
        assert connection.scalar(select(Enrollment.state)) == state
        assert connection.scalar(select(ReturnedTry.id)) is None
        report = campaign_report(connection, "q4")
    assert report is not None
    assert report.messages.sent == 1
    if kind is OutcomeKind.DELIVERED:
        wait = milliseconds(timedelta(days=3))
        assert _message(ledger, second).due_at == before.charge_at + wait


def test_a_finished_person_and_a_completed_campaign_go_on(ledger: Ledger, came: Came) -> None:
    [only] = _person(ledger, SENT, state=EnrollmentState.FINISHED)
    with ledger.write() as connection:
        connection.execute(update(Campaign).values(state=CampaignState.COMPLETED, ended_at=NOW))
    came(only)
    with ledger.read() as connection:
        assert connection.scalar(select(Enrollment.state)) == EnrollmentState.ACTIVE
        campaign = connection.execute(select(Campaign.state, Campaign.ended_at)).one()
    assert tuple(campaign) == (CampaignState.RUNNING, None)
    assert _message(ledger, only).state == PLANNED


@pytest.mark.parametrize("following", [SENT, MessageState.RESERVED, MessageState.SENDING])
def test_it_is_too_late_once_the_next_step_was_begun(
    ledger: Ledger, came: Came, following: MessageState
) -> None:
    [first, _] = _person(ledger, SENT, following)
    came(first)
    assert _message(ledger, first).state == SENT


def test_a_cancelled_campaign_sends_nothing_again(ledger: Ledger, came: Came) -> None:
    [only] = _person(ledger, SENT, state=EnrollmentState.FINISHED)
    with ledger.write() as connection:
        connection.execute(update(Campaign).values(state=CampaignState.CANCELLED))
    came(only)
    assert _message(ledger, only).state == SENT


def test_a_second_notice_of_the_same_try_plans_nothing_more(ledger: Ledger, came: Came) -> None:
    [first, _] = _person(ledger, SENT, PLANNED)
    came(first)
    came(first, now=NOW + HOUR)
    assert _message(ledger, first).due_at == NOW + 4 * HOUR
