"""Manual tasks: opened when they fall due, listed, and settled by people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, Select, and_, func, insert, select, update

from postroad.campaign.step import StepSettings
from postroad.campaign.template import BlankFieldError, Rendered, TextError, compile_template
from postroad.contracts import (
    MessageState,
    SettleOpenTask,
    TaskSettled,
    sequence_workflow_id,
)
from postroad.instants import milliseconds, moment
from postroad.ledger.going_on import Passed, go_on
from postroad.ledger.steps import CampaignStep, load_template
from postroad.ledger.tables import (
    Enrollment,
    Event,
    Message,
    Sender,
    Step,
    Task,
)
from postroad.ledger.tables import Sequence as SequenceRow


class NotOpen(ValueError):
    """The sentence says why a task cannot be settled."""


class OpenTask(BaseModel):
    """One row of `task list --json`."""

    model_config = ConfigDict(frozen=True)

    id: int
    """What `task done` and `task skip` take."""
    kind: str
    title: str
    instructions: str
    campaign: str
    step: str
    sender: str
    email: str
    opened_at: datetime
    due_at: datetime | None
    overdue: bool


def open_tasks(
    connection: Connection,
    campaign: str,
    steps: Sequence[CampaignStep],
    due: Sequence[tuple[int, int, int]],
    now: int,
) -> None:
    """Open the tasks whose time has come.

    Args:
        connection: a write transaction.
        campaign: the campaign's id.
        steps: the campaign's.
        due: (message, enrollment, position) of each.
        now: the present instant.
    """
    connection.execute(
        update(Message)
        .where(Message.id.in_([message for message, _, _ in due]))
        .values(state=MessageState.OPEN, reason="")
    )
    connection.execute(
        insert(Task),
        [
            {
                "message": message,
                "opened_at": now,
                "due_at": _deadline(steps[position].settings, now),
                "settled_by": "",
                "note": "",
            }
            for message, _, position in due
        ],
    )
    connection.execute(
        insert(Event),
        [
            {
                "at": now,
                "event": "task_opened",
                "campaign_id": campaign,
                "enrollment_id": enrollment,
                "position": position,
                "detail": steps[position].settings.task or "",
            }
            for _, enrollment, position in due
        ],
    )


def list_tasks(
    connection: Connection,
    now: int,
    *,
    campaign: str | None = None,
    sender: str | None = None,
    at_most: int = 200,
) -> list[OpenTask]:
    """Return the open tasks, those that are due first before the others.

    Args:
        connection: a transaction.
        now: the present instant.
        campaign: only this one's.
        sender: only those for this sender's people.
        at_most: how many.
    """
    statement = (
        _open()
        .order_by(Task.due_at.is_(None), Task.due_at, Task.opened_at, Task.message)
        .limit(at_most)
    )
    if campaign is not None:
        statement = statement.where(SequenceRow.campaign_id == campaign)
    if sender is not None:
        statement = statement.where(SequenceRow.sender == sender)
    return [_open_task(connection, row, now) for row in connection.execute(statement)]


def open_task(connection: Connection, task: int, now: int) -> OpenTask | None:
    """Return one open task; None where it is settled, or was never opened."""
    row = connection.execute(_open().where(Task.message == task)).first()
    return None if row is None else _open_task(connection, row, now)


def count_tasks(connection: Connection, sender: str | None = None) -> int:
    """Return how many tasks are open, for one sender's people or for everybody's."""
    statement = (
        select(func.count())
        .select_from(Message)
        .join(SequenceRow, SequenceRow.id == Message.sequence_id)
        .where(Message.state == MessageState.OPEN)
    )
    if sender is not None:
        statement = statement.where(SequenceRow.sender == sender)
    return connection.execute(statement).scalar_one()


def campaign_of_task(connection: Connection, task: int) -> str | None:
    """Return the campaign of a task, open or settled."""
    return connection.scalar(
        select(SequenceRow.campaign_id)
        .join(Message, Message.sequence_id == SequenceRow.id)
        .join(Task, Task.message == Message.id)
        .where(Task.message == task)
    )


def settle_task(connection: Connection, request: SettleOpenTask, now: int) -> TaskSettled:
    """Note that a task was done or is skipped, and let the person go on with the next step.

    Settling it again in the same way by the same hand changes nothing.

    Raises:
        NotOpen: it is no open task of this campaign.
    """
    row = connection.execute(
        select(
            Message.state,
            Message.enrollment_id,
            Message.position,
            SequenceRow.sender,
            Step.id.label("step"),
            Task.settled_by,
        )
        .join(Task, Task.message == Message.id)
        .join(SequenceRow, SequenceRow.id == Message.sequence_id)
        .join(Step, and_(Step.campaign_id == SequenceRow.campaign_id, _ITS_STEP))
        .where(Message.id == request.task, SequenceRow.campaign_id == request.campaign_id)
        .with_for_update(of=Message)
    ).first()
    if row is None:
        raise NotOpen(f"{request.campaign_id} has no task {request.task}: see `postroad task list`")
    settled = TaskSettled(
        step=row.step, workflow_id=sequence_workflow_id(request.campaign_id, row.sender)
    )
    state = MessageState.DONE if request.done else MessageState.SKIPPED
    if (row.state, row.settled_by) == (state, request.by):
        return settled
    if row.state != MessageState.OPEN:
        raise NotOpen(f"task {request.task} is {row.state} already")
    _settle(connection, request, state, now)
    _tell(connection, request, row.enrollment_id, row.position, now)
    passed = [Passed(row.enrollment_id, row.position, now)]
    go_on(connection, request.campaign_id, row.sender, passed)
    return settled


_ITS_STEP = Step.position == Message.position


def _open() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Task.message,
            Task.opened_at,
            Task.due_at,
            SequenceRow.campaign_id,
            SequenceRow.sender,
            Sender.name,
            Sender.settings.label("sender_settings"),
            Enrollment.recipient,
            Enrollment.fields,
            Step.position,
            Step.id,
            Step.version,
            Step.settings,
        )
        .join(Message, Message.id == Task.message)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .join(SequenceRow, SequenceRow.id == Message.sequence_id)
        .join(Sender, Sender.email == SequenceRow.sender)
        .join(Step, and_(Step.campaign_id == SequenceRow.campaign_id, _ITS_STEP))
        .where(Message.state == MessageState.OPEN)
    )


def _open_task(connection: Connection, row: Row[Any], now: int) -> OpenTask:
    settings = StepSettings.model_validate(row.settings)
    words = _words(connection, row)
    return OpenTask(
        id=row.message,
        kind=settings.task or "",
        title=words.subject,
        instructions=words.text or "",
        campaign=row.campaign_id,
        step=row.id,
        sender=row.sender,
        email=row.recipient,
        opened_at=moment(row.opened_at),
        due_at=None if row.due_at is None else moment(row.due_at),
        overdue=row.due_at is not None and row.due_at < now,
    )


def _words(connection: Connection, row: Row[Any]) -> Rendered:
    """Say what is to be done for this person; a text that fails for them still names the step."""
    template = load_template(connection, row.campaign_id, row.position, row.version)
    sender = {
        "email": row.sender,
        "name": row.name,
        "signature": row.sender_settings.get("signature") or "",
    }
    person = {**row.fields, "email": row.recipient}
    try:
        return compile_template(template).render(person, sender)
    except (BlankFieldError, TextError) as error:
        return Rendered(row.id, str(error), None)


def _deadline(settings: StepSettings, now: int) -> int | None:
    return None if settings.due_within is None else now + milliseconds(settings.due_within)


def _settle(connection: Connection, request: SettleOpenTask, state: MessageState, now: int) -> None:
    connection.execute(
        update(Message).where(Message.id == request.task).values(state=state, due_at=None)
    )
    connection.execute(
        update(Task)
        .where(Task.message == request.task)
        .values(settled_at=now, settled_by=request.by, note=request.note)
    )


def _tell(
    connection: Connection, request: SettleOpenTask, enrollment: int, position: int, now: int
) -> None:
    connection.execute(
        insert(Event).values(
            at=now,
            event="task_done" if request.done else "task_skipped",
            campaign_id=request.campaign_id,
            enrollment_id=enrollment,
            position=position,
            detail=f"by {request.by}: {request.note}".removesuffix(": "),
        )
    )
