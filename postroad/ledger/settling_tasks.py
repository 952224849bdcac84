"""Opening tasks when they fall due, and settling them when somebody says so."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, insert, select, update

from postroad.campaign.step import StepSettings
from postroad.contracts import MessageState, SettleOpenTask, TaskSettled, sequence_workflow_id
from postroad.instants import milliseconds
from postroad.ledger.going_on import Passed, go_on
from postroad.ledger.steps import CampaignStep
from postroad.ledger.tables import Event, Message, Step, Task
from postroad.ledger.tables import Sequence as SequenceRow
from postroad.ledger.tasks import REVIEW


class NotOpen(ValueError):
    """The sentence says why a task cannot be settled."""


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
                "detail": steps[position].settings.task or REVIEW,
            }
            for _, enrollment, position in due
        ],
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
            Step.settings,
            Task.settled_at,
            Task.settled_by,
        )
        .join(Task, Task.message == Message.id)
        .join(SequenceRow, SequenceRow.id == Message.sequence_id)
        .join(
            Step,
            and_(Step.campaign_id == SequenceRow.campaign_id, Step.position == Message.position),
        )
        .where(Message.id == request.task, SequenceRow.campaign_id == request.campaign_id)
        .with_for_update(of=Message)
    ).first()
    if row is None:
        raise NotOpen(f"{request.campaign_id} has no task {request.task}: see `postroad task list`")
    settled = TaskSettled(
        step=row.step, workflow_id=sequence_workflow_id(request.campaign_id, row.sender)
    )
    state = MessageState.DONE if request.done else MessageState.SKIPPED
    again = row.settled_at is not None and row.settled_by == request.by
    if again and request.done is (row.state != MessageState.SKIPPED):
        return settled
    if row.state != MessageState.OPEN:
        raise NotOpen(f"task {request.task} is {row.state} already")
    is_mail = StepSettings.model_validate(row.settings).task is None
    if is_mail and request.done:
        _settle(connection, request, MessageState.PLANNED, due_at=now, now=now)
    else:
        _settle(connection, request, state, due_at=None, now=now)
        passed = [Passed(row.enrollment_id, row.position, now)]
        go_on(connection, request.campaign_id, row.sender, passed)
    _tell(connection, request, row.enrollment_id, row.position, now)
    return settled


def _deadline(settings: StepSettings, now: int) -> int | None:
    return None if settings.due_within is None else now + milliseconds(settings.due_within)


def _settle(
    connection: Connection,
    request: SettleOpenTask,
    state: MessageState,
    *,
    due_at: int | None,
    now: int,
) -> None:
    connection.execute(
        update(Message).where(Message.id == request.task).values(state=state, due_at=due_at)
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
