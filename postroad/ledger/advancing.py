"""Moving a person forward: what they wait for is due now."""

from sqlalchemy import Connection, insert, select, update

from postroad.campaign.address import parse_address
from postroad.contracts import (
    AdvanceEnrollment,
    EnrollmentState,
    MessageState,
    PersonAdvanced,
    sequence_workflow_id,
)
from postroad.ledger.tables import Enrollment, Event, Message, Pause, Sequence, Step


class NothingToAdvance(ValueError):
    """The sentence says why."""


def advance_person(connection: Connection, request: AdvanceEnrollment, now: int) -> PersonAdvanced:
    """Let the person's next message be due now; its window and every limit still hold.

    Raises:
        NothingToAdvance: nothing waits for its time.
    """
    address = parse_address(request.email).address
    row = connection.execute(
        select(
            Message.id,
            Message.position,
            Message.enrollment_id,
            Step.id.label("step"),
            Sequence.sender,
        )
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .outerjoin(Pause, Pause.enrollment_id == Enrollment.id)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .join(
            Step,
            (Step.campaign_id == Enrollment.campaign_id) & (Step.position == Message.position),
        )
        .where(
            Enrollment.campaign_id == request.campaign_id,
            Enrollment.address == address,
            Enrollment.state == EnrollmentState.ACTIVE,
            Message.state == MessageState.PLANNED,
            Message.due_at > now,
            Pause.enrollment_id.is_(None),
        )
    ).first()
    if row is None:
        raise NothingToAdvance(
            f"nothing of {request.campaign_id} waits for its time with {address}: "
            f"`postroad explain {address}` says how they stand"
        )
    connection.execute(update(Message).where(Message.id == row.id).values(due_at=now))
    connection.execute(
        insert(Event).values(
            at=now,
            event="advanced",
            campaign_id=request.campaign_id,
            enrollment_id=row.enrollment_id,
            position=row.position,
            detail=f"due now, by {request.by}",
        )
    )
    return PersonAdvanced(
        step=row.step, workflow_id=sequence_workflow_id(request.campaign_id, row.sender)
    )
