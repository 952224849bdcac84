"""Campaigns and channels that bounce too much pause themselves, and start again with a canary."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, insert, select, update

from postroad.contracts import (
    CampaignState,
    ChannelState,
    EnrollmentState,
    MessageState,
    ReserveQuota,
    SetCampaignState,
    sequence_workflow_id,
)
from postroad.inbox.matching import Basis, Match
from postroad.inbox.outcome import OutcomeKind
from postroad.inbox.verdict import Verdict
from postroad.instants import DAY, HOUR, MINUTE
from postroad.ledger.bounce_rates import TOO_MANY
from postroad.ledger.channels import channel_state, resume_channel
from postroad.ledger.engine import Ledger
from postroad.ledger.lifecycle import record_state
from postroad.ledger.outcomes import CameBack, Effect, record_outcome
from postroad.ledger.quota import reserve_wave
from postroad.ledger.settlement import Failed, Subject, settle_unsent
from postroad.ledger.tables import Campaign, Channel, Event, Message, Organisation
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

SENT, PLANNED = MessageState.SENT, MessageState.PLANNED
Bounce = Callable[[int], Effect | None]


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection, state_at=NOW - DAY)
        add_campaign(connection)


@pytest.fixture
def bounce(ledger: Ledger) -> Bounce:
    """Record the hard bounce of a message."""

    def record(message: int) -> Effect | None:
        mail = CameBack(
            channel="ana-smtp",
            provider_id=f"bounce-{message}",
            received_at=NOW,
            kind=OutcomeKind.BOUNCED,
            verdict=Verdict("hard", reason="user_unknown"),
            match=Match(message, Basis.KEY, names_person=True),
        )
        with ledger.write() as connection:
            return record_outcome(connection, mail, NOW)

    return record


def _people(ledger: Ledger, count: int, state: MessageState = SENT, first: int = 0) -> list[int]:
    with ledger.write() as connection:
        return [
            add_person(connection, f"p{n}@x.test", state)[0] for n in range(first, first + count)
        ]


def _states(ledger: Ledger) -> tuple[CampaignState, ChannelState]:
    with ledger.read() as connection:
        channel = channel_state(connection, "ana-smtp")
        assert channel is not None
        return CampaignState(connection.execute(select(Campaign.state)).scalar_one()), channel[0]


def test_below_the_threshold_nothing_pauses(ledger: Ledger, bounce: Bounce) -> None:
    for message in _people(ledger, 60)[:3]:  # 5.0 %: not more than it
        bounce(message)
    assert _states(ledger) == (CampaignState.RUNNING, ChannelState.ACTIVE)


def test_few_mails_prove_nothing(ledger: Ledger, bounce: Bounce) -> None:
    for message in _people(ledger, 49)[:20]:
        bounce(message)
    assert _states(ledger) == (CampaignState.RUNNING, ChannelState.ACTIVE)


def test_above_it_campaign_and_channel_pause_and_say_so(ledger: Ledger, bounce: Bounce) -> None:
    messages = _people(ledger, 60)
    effects = [bounce(message) for message in messages[:4]]
    assert _states(ledger) == (CampaignState.PAUSED, ChannelState.PAUSED)
    assert effects[-1] is not None
    assert sequence_workflow_id("q4", ANA) in effects[-1].wake
    with ledger.read() as connection:
        words = connection.scalar(select(Campaign.state_reason))
        told = set(connection.scalars(select(Event.event)))
        assert channel_state(connection, "ana-smtp") == (ChannelState.PAUSED, words)
    assert words == (f"{TOO_MANY}: 4 of 60 mails (6.7 %, at most 5 %); clean the list, then resume")
    assert {"paused", "channel_paused"} <= told


def test_refusals_at_once_count_as_well(ledger: Ledger) -> None:
    _people(ledger, 47)
    refused = _people(ledger, 4, MessageState.SENDING, first=100)
    with ledger.write() as connection:
        for message in refused:
            _refuse(connection, message)
    assert _states(ledger) == (CampaignState.PAUSED, ChannelState.PAUSED)


def _refuse(connection: Connection, message: int) -> None:
    enrollment = connection.execute(
        select(Message.enrollment_id).where(Message.id == message)
    ).scalar_one()
    subject = Subject(message, enrollment, 0, "q4", "ana-smtp", "p@x.test")
    settle_unsent(connection, [Failed(subject, NOW, EnrollmentState.BOUNCED, "550 5.1.1")])


def test_with_the_rule_switched_off_nothing_pauses(ledger: Ledger, bounce: Bounce) -> None:
    with ledger.write() as connection:
        settings = {"bounce_rate": None}
        connection.execute(insert(Organisation).values(id=1, name="Acme", settings=settings))
    for message in _people(ledger, 60):
        bounce(message)
    assert _states(ledger) == (CampaignState.RUNNING, ChannelState.ACTIVE)


def _resumed(ledger: Ledger, bounce: Bounce) -> list[int]:
    """Let campaign and channel pause and be resumed; return people who wait."""
    for message in _people(ledger, 60)[:4]:
        bounce(message)
    running = SetCampaignState(campaign_id="q4", state=CampaignState.RUNNING, by="ops")
    with ledger.write() as connection:
        resume_channel(connection, "ana-smtp", "ops", NOW)
        record_state(connection, running, NOW)
    return _people(ledger, 30, PLANNED, first=200)


def _reserve(ledger: Ledger, wave: int, now: int) -> tuple[int, str]:
    request = ReserveQuota(campaign_id="q4", sender=ANA, channel="ana-smtp", wave=wave)
    with ledger.write() as connection:
        booked = reserve_wave(connection, request, now)
    return booked.messages, booked.reason


def _leave(ledger: Ledger, now: int) -> list[int]:
    with ledger.write() as connection:
        reserved = Message.state == MessageState.RESERVED
        ids = list(connection.scalars(select(Message.id).where(reserved)))
        connection.execute(
            update(Message).where(reserved).values(state=SENT, sent_at=now, charge_at=now)
        )
    return ids


def test_a_canary_leaves_first_and_the_rest_when_it_lives(ledger: Ledger, bounce: Bounce) -> None:
    _resumed(ledger, bounce)
    assert _reserve(ledger, 11, NOW + MINUTE) == (20, "")
    _leave(ledger, NOW + MINUTE)
    messages, reason = _reserve(ledger, 12, NOW + 2 * MINUTE)
    assert messages == 0
    assert "its first 20 mails may still bounce" in reason
    assert _reserve(ledger, 13, NOW + HOUR) == (10, "")


def test_a_canary_that_dies_pauses_again(ledger: Ledger, bounce: Bounce) -> None:
    _resumed(ledger, bounce)
    _reserve(ledger, 11, NOW + MINUTE)
    canary = _leave(ledger, NOW + MINUTE)
    for message in canary[:2]:
        bounce(message)
    assert _states(ledger) == (CampaignState.RUNNING, ChannelState.ACTIVE)
    bounce(canary[2])
    assert _states(ledger) == (CampaignState.PAUSED, ChannelState.PAUSED)


def test_bounces_of_mail_from_before_the_pause_do_not_count_again(
    ledger: Ledger, bounce: Bounce
) -> None:
    messages = _people(ledger, 70)
    for message in messages[:4]:
        bounce(message)
    running = SetCampaignState(campaign_id="q4", state=CampaignState.RUNNING, by="ops")
    with ledger.write() as connection:
        resume_channel(connection, "ana-smtp", "ops", NOW)
        record_state(connection, running, NOW)
    for message in messages[4:10]:
        bounce(message)
    assert _states(ledger) == (CampaignState.RUNNING, ChannelState.ACTIVE)


def test_a_pause_by_hand_is_resumed_without_a_canary(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(update(Channel).values(state="paused", state_reason="paused by ana"))
        resume_channel(connection, "ana-smtp", "ops", NOW)
        assert connection.scalar(select(Channel.canary_from)) is None
