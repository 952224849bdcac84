"""Claiming and settling: the two commits that make a message leave once."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest
from sqlalchemy import Update, insert, select, update

from postroad.contracts import CampaignState, ChannelState, EnrollmentState, MessageState
from postroad.instants import DAY, MINUTE
from postroad.ledger.claims import (
    Claim,
    Granted,
    Postponed,
    Stopped,
    Taken,
    Verdict,
    mark_sending,
    why_not,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.prepared import Execution
from postroad.ledger.settlement import (
    Deferred,
    Failed,
    Outcome,
    Returned,
    Sent,
    Subject,
    Suppressed,
    Uncertain,
    settle_sent,
    settle_unsent,
)
from postroad.ledger.tables import Campaign, Channel, Enrollment, Event, Message, Suppression
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person, add_sender

_RESERVED, _PLANNED = MessageState.RESERVED, MessageState.PLANNED


@pytest.fixture
def reserved(ledger: Ledger) -> int:
    """Bo's first message, reserved in wave 1; the second is planned."""
    with ledger.write() as connection:
        add_channel(connection)
        add_sender(connection)
        add_campaign(connection)
        # Others, whom nothing stops: a check that forgets whose message it is would let Bo pass.
        add_channel(connection, "other-smtp")
        add_campaign(connection, "other")
        bo = add_person(connection, "bo@x.test", _RESERVED, _PLANNED)[0]
        add_person(connection, "cy@y.test", _RESERVED, campaign="other", channel="other-smtp")
        return bo


def _claim(ledger: Ledger, message: int, *, attempt: int = 1, wave: int = 1) -> Verdict:
    wish = Claim(message, wave, attempt, version=1)
    if _commit(ledger, [mark_sending([wish])]):
        return Granted()
    with ledger.read() as connection:
        return why_not(connection, wish)


def _settle(ledger: Ledger, outcome: Outcome) -> None:
    if isinstance(outcome, Sent):
        _commit(ledger, settle_sent([outcome]))
    else:
        with ledger.write() as connection:
            settle_unsent(connection, [outcome])


def _commit(ledger: Ledger, executions: Sequence[Execution]) -> list[Any]:
    async def commit() -> list[Any]:
        async with aclosing(ledger.writer()) as writer:
            return await writer.commit(executions)

    return asyncio.run(commit())


def _subject(ledger: Ledger, message: int) -> Subject:
    with ledger.read() as connection:
        row = connection.execute(
            select(Message.enrollment_id, Message.position).where(Message.id == message)
        ).one()
    return Subject(message, row.enrollment_id, row.position, "q4", "ana-smtp", "bo@x.test")


def _sent(subject: Subject, next_due_at: int | None = NOW + DAY) -> Sent:
    return Sent(subject, NOW, "queue-1", "<q4.intro.k@acme.test>", "250 ok", next_due_at)


def _message(ledger: Ledger, message: int) -> Any:
    with ledger.read() as connection:
        return connection.execute(select(Message).where(Message.id == message)).one()


def _person(ledger: Ledger) -> Any:
    with ledger.read() as connection:
        return connection.execute(select(Enrollment).where(Enrollment.address == "bo@x.test")).one()


def _bos(table: type[Campaign | Channel | Enrollment]) -> Update:
    """An update of the row of this table that concerns Bo alone."""
    mine = {
        Campaign: Campaign.id == "q4",
        Channel: Channel.id == "ana-smtp",
        Enrollment: Enrollment.address == "bo@x.test",
    }
    return update(table).where(mine[table])


def _events(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return list(connection.scalars(select(Event.event).order_by(Event.id)))


def test_a_reserved_message_may_be_claimed_and_is_then_sending(
    ledger: Ledger, reserved: int
) -> None:
    assert _claim(ledger, reserved) == Granted()
    row = _message(ledger, reserved)
    assert (row.state, row.attempt, row.version) == ("sending", 1, 1)


def test_the_same_attempt_may_repeat_a_claim_whose_commit_it_lost(
    ledger: Ledger, reserved: int
) -> None:
    _claim(ledger, reserved)
    assert _claim(ledger, reserved) == Granted()


def test_another_attempt_cannot_claim_what_is_sending(ledger: Ledger, reserved: int) -> None:
    _claim(ledger, reserved, attempt=2)
    assert _claim(ledger, reserved, attempt=1) == Taken()


def test_a_message_that_moved_to_another_wave_is_left_alone(ledger: Ledger, reserved: int) -> None:
    assert _claim(ledger, reserved, wave=2) == Taken()
    assert _message(ledger, reserved).state == _RESERVED


@pytest.mark.parametrize("suppressed", ["bo@x.test", "@x.test"])
def test_a_suppressed_address_or_domain_stops_the_message(
    ledger: Ledger, reserved: int, suppressed: str
) -> None:
    with ledger.write() as connection:
        connection.execute(
            insert(Suppression).values(address=suppressed, reason="asked", source="", at=NOW)
        )
    assert _claim(ledger, reserved) == Stopped("suppressed: asked", unsubscribed=True)


def test_a_person_who_replied_stops_the_message(ledger: Ledger, reserved: int) -> None:
    with ledger.write() as connection:
        connection.execute(_bos(Enrollment).values(state=EnrollmentState.REPLIED))
    assert _claim(ledger, reserved) == Stopped("the person replied")


def test_a_paused_campaign_or_channel_postpones_the_message(ledger: Ledger, reserved: int) -> None:
    with ledger.write() as connection:
        connection.execute(_bos(Campaign).values(state=CampaignState.PAUSED))
    assert _claim(ledger, reserved) == Postponed("the campaign is paused")
    with ledger.write() as connection:
        connection.execute(_bos(Campaign).values(state=CampaignState.RUNNING))
        connection.execute(_bos(Channel).values(state=ChannelState.UNAUTHORISED))
    assert _claim(ledger, reserved) == Postponed("ana-smtp is unauthorised")


def test_a_cancelled_campaign_stops_the_message(ledger: Ledger, reserved: int) -> None:
    with ledger.write() as connection:
        connection.execute(_bos(Campaign).values(state=CampaignState.CANCELLED))
    assert _claim(ledger, reserved) == Stopped("the campaign was cancelled")


def test_a_sent_message_makes_the_next_step_due(ledger: Ledger, reserved: int) -> None:
    _claim(ledger, reserved)
    _settle(ledger, _sent(_subject(ledger, reserved)))
    row = _message(ledger, reserved)
    assert (row.state, row.sent_at, row.charge_at, row.provider_id) == ("sent", NOW, NOW, "queue-1")
    assert _message(ledger, reserved + 1).due_at == NOW + DAY
    assert _person(ledger).state == EnrollmentState.ACTIVE


def test_settling_twice_tells_the_feed_once(ledger: Ledger, reserved: int) -> None:
    _claim(ledger, reserved)
    for _ in range(2):
        _settle(ledger, _sent(_subject(ledger, reserved)))
    assert _events(ledger) == ["sent"]


def test_the_last_message_finishes_the_person(ledger: Ledger, reserved: int) -> None:
    _claim(ledger, reserved)
    _settle(ledger, _sent(_subject(ledger, reserved), next_due_at=None))
    assert _person(ledger).state == EnrollmentState.FINISHED


def test_a_refused_recipient_bounces_and_a_dead_address_is_suppressed(
    ledger: Ledger, reserved: int
) -> None:
    _claim(ledger, reserved)
    subject = _subject(ledger, reserved)
    _settle(
        ledger, Failed(subject, NOW, EnrollmentState.BOUNCED, "550 5.1.1", address_is_dead=True)
    )
    assert _message(ledger, reserved).state == MessageState.FAILED
    assert _message(ledger, reserved + 1).state == MessageState.SUPPRESSED
    assert _person(ledger).state == EnrollmentState.BOUNCED
    with ledger.read() as connection:
        assert connection.scalars(select(Suppression.address)).all() == ["bo@x.test"]
    assert _events(ledger) == ["bounced"]


def test_a_failed_message_ends_the_person_but_suppresses_no_address(
    ledger: Ledger, reserved: int
) -> None:
    _claim(ledger, reserved)
    _settle(ledger, Failed(_subject(ledger, reserved), NOW, EnrollmentState.FAILED, "too big"))
    assert _person(ledger).state == EnrollmentState.FAILED
    with ledger.read() as connection:
        assert connection.scalars(select(Suppression.address)).all() == []


def test_a_deferred_message_is_due_later_without_charge_or_channel(
    ledger: Ledger, reserved: int
) -> None:
    _claim(ledger, reserved)
    _settle(ledger, Deferred(_subject(ledger, reserved), NOW, NOW + MINUTE, "451 later"))
    row = _message(ledger, reserved)
    assert (row.state, row.due_at, row.deferrals) == ("planned", NOW + MINUTE, 1)
    assert (row.charge_at, row.channel_id, row.wave) == (None, None, None)


def test_a_returned_message_is_due_again_and_not_charged(ledger: Ledger, reserved: int) -> None:
    _claim(ledger, reserved)
    _settle(ledger, Returned(_subject(ledger, reserved), NOW, "421 slow down"))
    row = _message(ledger, reserved)
    assert (row.state, row.charge_at, row.wave, row.deferrals) == ("planned", None, None, 0)
    assert row.channel_id == "ana-smtp"


def test_an_uncertain_message_stays_charged_and_its_person_active(
    ledger: Ledger, reserved: int
) -> None:
    _claim(ledger, reserved)
    _settle(
        ledger,
        Uncertain(_subject(ledger, reserved), NOW, "connection lost", "<q4.intro.k@acme.test>"),
    )
    row = _message(ledger, reserved)
    assert (row.state, row.charge_at) == ("uncertain", NOW)
    assert _person(ledger).state == EnrollmentState.ACTIVE


def test_a_late_receipt_turns_uncertain_into_sent(ledger: Ledger, reserved: int) -> None:
    _claim(ledger, reserved)
    _settle(
        ledger,
        Uncertain(_subject(ledger, reserved), NOW, "connection lost", "<q4.intro.k@acme.test>"),
    )
    _settle(ledger, _sent(_subject(ledger, reserved)))
    assert _message(ledger, reserved).state == MessageState.SENT


def test_a_suppressed_message_unsubscribes_its_person(ledger: Ledger, reserved: int) -> None:
    _settle(
        ledger, Suppressed(_subject(ledger, reserved), NOW, "suppressed: asked", unsubscribed=True)
    )
    assert _message(ledger, reserved).state == MessageState.SUPPRESSED
    assert _person(ledger).state == EnrollmentState.UNSUBSCRIBED


def test_nothing_changes_a_message_that_is_already_sent(ledger: Ledger, reserved: int) -> None:
    _claim(ledger, reserved)
    _settle(ledger, _sent(_subject(ledger, reserved)))
    _settle(ledger, Failed(_subject(ledger, reserved), NOW, EnrollmentState.FAILED, "late"))
    _settle(ledger, Uncertain(_subject(ledger, reserved), NOW, "late", None))
    assert _message(ledger, reserved).state == MessageState.SENT
