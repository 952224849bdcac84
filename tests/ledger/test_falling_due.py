"""What falls due and is not simply mailed: conditional steps and manual tasks."""

from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from postroad.contracts import (
    ChannelsSelected,
    EnrollmentState,
    HandOver,
    MessageState,
    SelectChannel,
    SettleOpenTask,
)
from postroad.instants import DAY, HOUR, moment
from postroad.ledger.engine import Ledger
from postroad.ledger.explanations import explain
from postroad.ledger.handing_over import hand_over
from postroad.ledger.lifecycle import end_some_people
from postroad.ledger.selection import select_channels
from postroad.ledger.settlement import end_person
from postroad.ledger.settling_tasks import NotOpen, settle_task
from postroad.ledger.standings import standings
from postroad.ledger.tables import Enrollment, Event, Message, Pause, Step, StepText
from postroad.ledger.tasks import count_tasks, list_tasks
from tests.ledger_rows import (
    ANA,
    NOW,
    add_campaign,
    add_channel,
    add_event,
    add_person,
    add_sender,
    sequence_of,
)

PLANNED, SENT, OPEN = MessageState.PLANNED, MessageState.SENT, MessageState.OPEN
ADA = "ada@example.com"
_TEMPLATE = {"subject": "Call {{ person.first_name }}", "text": "Ask about {{ person.plan }}"}


def _stage(connection: Connection, *settings: dict[str, Any]) -> None:
    """Ana's campaign q4 with one step for each of the settings, called a, b, c."""
    add_sender(connection)
    add_channel(connection)
    add_campaign(connection, steps=tuple("abcdef"[: len(settings)]))
    for position, each in enumerate(settings):
        step = Step.position == position
        connection.execute(update(Step).where(step).values(settings=each))
        text = {"position": position, "version": 1, "template": _TEMPLATE}
        connection.execute(insert(StepText).values(campaign_id="q4", **text))


def _person(connection: Connection, *messages: MessageState, **fields: str) -> list[int]:
    ids = add_person(connection, ADA, *messages, channel=None)
    connection.execute(update(Enrollment).values(fields=fields))
    return ids


def _select(connection: Connection, now: int = NOW) -> ChannelsSelected:
    return select_channels(connection, SelectChannel(campaign_id="q4", sender=ANA), now)


def _states(connection: Connection) -> list[tuple[str, int | None]]:
    rows = connection.execute(select(Message.state, Message.due_at).order_by(Message.position))
    return [(state, due) for state, due in rows]


def _events(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(select(Event.event, Event.detail).order_by(Event.id))
    return [(event, detail) for event, detail in rows]


def _settle(connection: Connection, task: int, *, done: bool = True, by: str = "ana") -> None:
    request = SettleOpenTask(campaign_id="q4", task=task, done=done, note="will buy", by=by)
    settle_task(connection, request, NOW + HOUR)


@pytest.mark.parametrize(
    ("conditions", "is_sent"),
    [
        ({"only_if": {"opened": "a"}}, True),
        ({"only_if": {"opened": "any"}}, True),
        ({"only_if": {"clicked": "a"}}, False),
        ({"only_if": {"opened": "a", "clicked": "a"}}, False),
        ({"unless": {"clicked": "a"}}, True),
        ({"unless": {"opened": "a"}}, False),
        ({"only_if": {"field": {"plan": ["PRO ", "max"]}}}, True),
        ({"only_if": {"field": {"plan": ["free"]}}}, False),
        ({"unless": {"field": {"country": [""]}}}, False),
        ({"only_if": {"opened": "a"}, "unless": {"field": {"plan": ["pro"]}}}, False),
    ],
)
def test_a_step_is_for_those_for_whom_its_conditions_hold(
    ledger: Ledger, conditions: dict[str, Any], *, is_sent: bool
) -> None:
    with ledger.write() as connection:
        _stage(connection, {}, {"wait": "1d", **conditions}, {"wait": "2d"})
        sent, due, _ = _person(connection, SENT, PLANNED, PLANNED, plan="pro")
        add_event(connection, sent, "opened")
        selected = _select(connection)
        assert bool(selected.channels) is is_sent
        state = connection.scalar(select(Message.state).where(Message.id == due))
        assert state == (PLANNED if is_sent else MessageState.SKIPPED)


def test_whoever_is_passed_over_goes_on_as_if_the_step_had_left_when_it_was_due(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        _stage(connection, {}, {"wait": "1d", "only_if": {"clicked": "a"}}, {"wait": "2d"})
        _person(connection, SENT, PLANNED, PLANNED)
        was_due = _states(connection)[1][1] or 0
        selected = _select(connection)
        assert _states(connection)[1:] == [("skipped", None), (PLANNED, was_due + 2 * DAY)]
        assert selected.next_due_at == moment(was_due + 2 * DAY)
        assert selected.next_due_step == "c"
        assert _events(connection)[-1] == ("skipped", "only if clicked a")


def test_several_steps_may_be_passed_over_at_once(ledger: Ledger) -> None:
    never = {"only_if": {"field": {"plan": ["none"]}}}
    with ledger.write() as connection:
        _stage(connection, never, never, {}, never)
        _person(connection, PLANNED, PLANNED, PLANNED, PLANNED)
        (chosen,) = _select(connection).channels
        assert chosen.messages == 1
        assert [state for state, _ in _states(connection)] == [
            "skipped",
            "skipped",
            "planned",
            "planned",
        ]


def test_a_person_whose_last_step_is_passed_over_has_finished(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, {}, {"only_if": {"clicked": "a"}})
        _person(connection, SENT, PLANNED)
        assert not _select(connection).people_open
        assert connection.scalar(select(Enrollment.state)) == EnrollmentState.FINISHED


def test_a_task_that_falls_due_waits_for_somebody_and_nothing_is_mailed(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, {}, {"task": "call", "due_within": "2h"}, {"wait": "3d"})
        _, task, _ = _person(connection, SENT, PLANNED, PLANNED, first_name="Ada", plan="pro")
        selected = _select(connection)
        assert (selected.channels, selected.tasks, selected.people_open) == ([], 1, True)
        (open_task,) = list_tasks(connection, NOW)
        assert (open_task.id, open_task.kind) == (task, "call")
        assert (open_task.title, open_task.instructions) == ("Call Ada", "Ask about pro")
        assert (open_task.due_at, open_task.overdue) == (moment(NOW + 2 * HOUR), False)
        assert list_tasks(connection, NOW + 3 * HOUR)[0].overdue
        assert _events(connection)[-1] == ("task_opened", "call")
        assert _select(connection).tasks == 1


@pytest.mark.parametrize(("done", "state"), [(True, "done"), (False, "skipped")])
def test_the_step_after_a_task_waits_from_when_the_task_was_settled(
    ledger: Ledger, state: str, *, done: bool
) -> None:
    with ledger.write() as connection:
        _stage(connection, {"task": "call"}, {"wait": "3d"})
        task, _ = _person(connection, PLANNED, PLANNED)
        _select(connection)
        _settle(connection, task, done=done)
        assert _states(connection) == [(state, None), (PLANNED, NOW + HOUR + 3 * DAY)]
        assert _events(connection)[-1] == (f"task_{state}", "by ana: will buy")
        assert count_tasks(connection) == 0


def test_settling_a_task_again_changes_nothing_and_another_answer_is_refused(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        _stage(connection, {"task": "call"}, {"wait": "3d"})
        task, _ = _person(connection, PLANNED, PLANNED)
        with pytest.raises(NotOpen, match="has no task"):
            _settle(connection, task)
        _select(connection)
        _settle(connection, task)
        told = _events(connection)
        _settle(connection, task)
        assert _events(connection) == told
        with pytest.raises(NotOpen, match="is done already"):
            _settle(connection, task, by="bo")


def test_a_step_may_depend_on_whether_a_task_was_done(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, {"task": "call"}, {"only_if": {"done": "a"}})
        task, _ = _person(connection, PLANNED, PLANNED)
        _select(connection)
        _settle(connection, task)
        assert len(_select(connection, NOW + 2 * HOUR).channels) == 1


def test_a_task_closes_with_its_person_or_campaign(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, {"task": "call"}, {})
        _person(connection, PLANNED, PLANNED)
        add_person(connection, "bo@example.com", PLANNED, PLANNED, channel=None)
        assert _select(connection).tasks == 2
        person = connection.scalar(select(Enrollment.id).where(Enrollment.address == ADA))
        assert end_person(connection, person or 0, EnrollmentState.REPLIED, "") == 2
        assert count_tasks(connection) == 1
        end_some_people(connection, "q4")
        assert list_tasks(connection, NOW) == []


def test_a_task_goes_with_its_person_to_another_sender(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, {"task": "call"}, {})
        add_sender(connection, "bo@acme.test")
        task, _ = _person(connection, PLANNED, PLANNED)
        _select(connection)
        change = HandOver(campaign_id="q4", sender=ANA, replacement="bo@acme.test", by="ops")
        hand_over(connection, change, NOW)
        assert [task.sender for task in list_tasks(connection, NOW)] == ["bo@acme.test"]
        assert count_tasks(connection, "bo@acme.test") == 1
        _settle(connection, task)
        assert sequence_of(connection, sender="bo@acme.test") == connection.scalar(
            select(Message.sequence_id).where(Message.position == 1)
        )


def test_explain_says_of_an_open_task_that_its_person_is_paused(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, {"task": "call"}, {})
        _person(connection, PLANNED, PLANNED)
        _select(connection)
        person = connection.scalar(select(Enrollment.id))
        connection.execute(insert(Pause).values(enrollment_id=person, at=NOW, by="ops", reason=""))
        (standing,) = standings(connection, ADA, NOW)
    task, pause = explain(standing, NOW).sentences
    assert "waits for somebody" in task
    assert pause.startswith("ada@example.com is paused by ops")


def test_explain_says_that_somebody_has_to_act(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, {"task": "call"}, {})
        _person(connection, PLANNED, PLANNED)
        _select(connection)
        (standing,) = standings(connection, ADA, NOW)
        explained = explain(standing, NOW)
    assert explained.waits_for == "task"
    assert any("postroad task" in sentence for sentence in explained.sentences)


def test_a_reply_begins_the_conversation_of_whoever_was_not_sent_the_first_mail(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        _stage(
            connection,
            {"only_if": {"field": {"plan": ["none"]}}},
            {"thread": "reply"},
            {"thread": "reply"},
        )
        add_channel(connection, "second", address=None, shared=True)
        _, first, then = _person(connection, PLANNED, PLANNED, PLANNED)
        (chosen,) = _select(connection).channels
        assert (chosen.messages, chosen.channel) == (1, "ana-smtp")
        left_by = {"state": SENT, "channel_id": "second", "sent_at": NOW}
        connection.execute(update(Message).where(Message.id == first).values(left_by))
        connection.execute(update(Message).where(Message.id == then).values(due_at=NOW))
        (chosen,) = _select(connection).channels
        assert "conversation began there" in chosen.why
