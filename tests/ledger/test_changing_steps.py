"""Steps of a running campaign that are changed or taken out."""

from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from postroad.campaign.timing import Timing
from postroad.contracts import (
    MessageState,
    NewTiming,
    PauseEnrollment,
    PublishStepText,
    ResumeEnrollment,
    SelectChannel,
    TakeOutStep,
)
from postroad.instants import DAY, HOUR
from postroad.ledger.changing_steps import CannotChange, publish_step
from postroad.ledger.engine import Ledger
from postroad.ledger.pausing import pause_person, resume_person
from postroad.ledger.removing_steps import CannotRemove, pass_over_some, remove_step
from postroad.ledger.rescheduling import reschedule_step
from postroad.ledger.selection import select_channels
from postroad.ledger.step_list import list_steps
from postroad.ledger.steps import load_steps
from postroad.ledger.tables import Enrollment, Event, Message, Step, StepText, StepVariant
from tests.ledger_rows import (
    ANA,
    NOW,
    add_campaign,
    add_channel,
    add_person,
    add_sender,
    sequence_of,
)

PLANNED, RESERVED, SENT = MessageState.PLANNED, MessageState.RESERVED, MessageState.SENT
_THREE_DAYS, _FIVE_DAYS = (
    Timing.model_validate({"wait": "3d"}),
    Timing.model_validate({"wait": "5d"}),
)
_TIMING = NewTiming(
    before=_THREE_DAYS.model_dump(mode="json"), after=_FIVE_DAYS.model_dump(mode="json")
)


def _stage(connection: Connection, *steps: str, **settings: dict[str, Any]) -> None:
    """Ana's campaign q4 with some steps, each three days after the one before."""
    add_sender(connection)
    add_channel(connection)
    add_campaign(connection, steps=steps)
    for position, step in enumerate(steps):
        template = {"subject": "Hi", "text": "Hello"}
        for version in (1, 2):
            text = {"position": position, "version": version, "template": template}
            connection.execute(insert(StepText).values(campaign_id="q4", **text))
        if step in settings:
            of = (Step.campaign_id == "q4", Step.id == step)
            connection.execute(update(Step).where(*of).values(settings=settings[step]))


def _messages(connection: Connection) -> list[tuple[str, int | None]]:
    rows = connection.execute(select(Message.state, Message.due_at).order_by(Message.id))
    return [(row.state, row.due_at) for row in rows]


def _sent_at(connection: Connection, message: int, at: int) -> None:
    connection.execute(update(Message).where(Message.id == message).values(sent_at=at))


def _remove(connection: Connection, step: str) -> int:
    request = TakeOutStep(campaign_id="q4", step=step, by="ops")
    return remove_step(connection, request, NOW)


def _publish(connection: Connection, timing: NewTiming | None = None) -> int:
    request = PublishStepText(campaign_id="q4", step="nudge", version=2, timing=timing, by="ops")
    return publish_step(connection, request, NOW)


def test_another_text_and_wait_are_those_of_a_step_from_then_on(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, "intro", "nudge")
        add_person(connection, "bo@x.test", SENT, PLANNED)
        add_person(connection, "cy@x.test", SENT, SENT)
        assert _publish(connection, _TIMING) == 1
        step = load_steps(connection, "q4")[1]
        assert (step.version, step.settings.wait) == (2, _FIVE_DAYS.wait)
        (told,) = connection.execute(select(Event.event, Event.detail)).all()
        assert tuple(told) == ("step_changed", "text version 2, another wait or window by ops")


@pytest.mark.parametrize(
    ("step", "version", "words"),
    [("gone", 1, "q4 has no step 'gone'"), ("nudge", 9, "nudge has no text version 9")],
)
def test_what_is_not_there_is_not_published(
    ledger: Ledger, step: str, version: int, words: str
) -> None:
    request = PublishStepText(campaign_id="q4", step=step, version=version, by="ops")
    with ledger.write() as connection:
        _stage(connection, "intro", "nudge")
        with pytest.raises(CannotChange, match=words):
            publish_step(connection, request, NOW)


def test_of_two_who_change_the_same_text_the_second_is_refused(ledger: Ledger) -> None:
    seen = PublishStepText(campaign_id="q4", step="nudge", version=2, replaces=1, by="ops")
    with ledger.write() as connection:
        _stage(connection, "intro", "nudge")
        publish_step(connection, seen, NOW)
        publish_step(connection, seen, NOW)  # a retry
        other = seen.model_copy(update={"version": 1})
        with pytest.raises(CannotChange, match="somebody changed nudge meanwhile"):
            publish_step(connection, other, NOW)
        assert load_steps(connection, "q4")[1].version == 2


def test_a_text_that_was_staged_for_a_variant_is_that_variants(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, "intro", "nudge")
        for name in ("a", "b"):
            row = {"position": 1, "id": name, "weight": 1, "version": 1}
            connection.execute(insert(StepVariant).values(campaign_id="q4", **row))
        new = (StepText.position == 1, StepText.version == 2)
        connection.execute(update(StepText).where(*new).values(variant="b"))
        _publish(connection)
        assert load_steps(connection, "q4")[1].versions == [1, 2]


def test_those_who_wait_are_due_as_the_step_says_now_and_others_keep_their_time(
    ledger: Ledger,
) -> None:
    due = NOW + 2 * DAY
    with ledger.write() as connection:
        _stage(connection, "intro", "nudge")
        waits = add_person(connection, "bo@x.test", SENT, PLANNED, due_at=due)
        moved = add_person(connection, "cy@x.test", SENT, PLANNED, due_at=due + HOUR)
        for sent, _ in (waits, moved):
            _sent_at(connection, sent, NOW - DAY)
        after: int | None = 0
        parts = 0
        while after is not None:
            after = reschedule_step(
                connection,
                sequence_of(connection),
                1,
                (_THREE_DAYS, _FIVE_DAYS),
                NOW,
                after=after,
                at_most=1,
            )
            parts += 1
        assert parts == 3
        rows = connection.execute(select(Message.id, Message.due_at))
        found = {row.id: row.due_at for row in rows}
        assert found[waits[1]] == NOW + 4 * DAY
        assert found[moved[1]] == due + HOUR


@pytest.mark.parametrize("state", [PLANNED, RESERVED, MessageState.OPEN])
def test_whoever_waits_for_a_removed_step_goes_on_counted_from_what_was_sent_last(
    ledger: Ledger, state: MessageState
) -> None:
    with ledger.write() as connection:
        _stage(connection, "intro", "offer", "nudge")
        sent, _, _ = add_person(connection, "bo@x.test", SENT, state, PLANNED)
        _sent_at(connection, sent, NOW - DAY)
        assert pass_over_some(connection, "q4", _remove(connection, "offer"), NOW) == 1
        assert pass_over_some(connection, "q4", 1, NOW) == 0
        assert _messages(connection)[1:] == [("skipped", None), ("planned", NOW + 2 * DAY)]
        offer = select(Message.wave, Message.charge_at).where(Message.position == 1)
        assert tuple(connection.execute(offer).one()) == (None, None)
        events = connection.scalars(select(Event.event).order_by(Event.id)).all()
        assert events == ["step_removed", "skipped"]


def test_whoever_is_paused_does_not_wait_for_a_removed_step(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, "intro", "offer", "nudge")
        sent, _, _ = add_person(connection, "bo@x.test", SENT, PLANNED, PLANNED, due_at=NOW + DAY)
        _sent_at(connection, sent, NOW - DAY)
        who = {"campaign_id": "q4", "email": "bo@x.test", "by": "ops"}
        pause_person(connection, PauseEnrollment(**who, until=None, reason=""), NOW)
        assert pass_over_some(connection, "q4", _remove(connection, "offer"), NOW) == 1
        resume_person(connection, ResumeEnrollment(**who), NOW)
        assert _messages(connection)[1:] == [("skipped", None), ("planned", NOW + 2 * DAY)]


def test_a_removed_step_is_passed_over_when_its_turn_comes(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(
            connection, "intro", "offer", "nudge", offer={"wait": "9d", "not_after": "2020-01-01"}
        )
        first, _, _ = add_person(connection, "bo@x.test", SENT, PLANNED, PLANNED, channel=None)
        _sent_at(connection, first, NOW - DAY)
        _remove(connection, "offer")
        # A wave that had begun before makes it due as it was.
        offer = Message.position == 1
        connection.execute(update(Message).where(offer).values(due_at=NOW - DAY))
        select_channels(connection, SelectChannel(campaign_id="q4", sender=ANA), NOW)
        assert _messages(connection)[1:] == [("skipped", None), ("planned", NOW + 2 * DAY)]


def test_people_finish_where_the_last_step_was_removed(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, "intro", "nudge")
        add_person(connection, "bo@x.test", SENT, PLANNED)
        pass_over_some(connection, "q4", _remove(connection, "nudge"), NOW)
        assert connection.scalars(select(Enrollment.state)).all() == ["finished"]


@pytest.mark.parametrize(
    ("step", "settings", "words"),
    [
        ("gone", {}, "q4 has no step 'gone'"),
        ("intro", {"nudge": {"thread": "reply"}}, "nudge would have nothing to reply to"),
        ("offer", {"nudge": {"if": {"clicked": "offer"}}}, "nudge has a condition on offer"),
    ],
)
def test_what_others_need_is_not_removed(
    ledger: Ledger, step: str, settings: dict[str, Any], words: str
) -> None:
    with ledger.write() as connection:
        _stage(connection, "intro", "offer", "nudge", offer={"task": "call"}, **settings)
        with pytest.raises(CannotRemove, match=words):
            _remove(connection, step)


def test_the_last_step_that_is_left_is_not_removed(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, "intro", "nudge")
        _remove(connection, "nudge")
        assert _remove(connection, "nudge") == 1
        with pytest.raises(CannotRemove, match="the only step left"):
            _remove(connection, "intro")


def test_the_list_of_steps_says_what_was_sent_and_what_was_removed(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, "intro", "nudge")
        add_person(connection, "bo@x.test", SENT, PLANNED)
        _remove(connection, "nudge")
        steps = list_steps(connection, "q4")
    assert steps is not None
    assert [(each.id, each.sent, each.to_send, each.removed) for each in steps] == [
        ("intro", 1, 0, False),
        ("nudge", 0, 0, True),
    ]
