"""What follows for a person on a message that left: their next step, or the end."""

from sqlalchemy import Connection, select, update

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.steps import load_steps
from postroad.ledger.tables import Enrollment, Message, Sender


def go_on(
    connection: Connection,
    *,
    campaign: str,
    sender: str,
    enrollment: int,
    position: int,
    sent_at: int,
) -> None:
    """Make the step after a sent one due; after the last one the person has finished.

    Args:
        connection: a write transaction.
        campaign: the campaign's id.
        sender: whose time zone counts where the person has none.
        enrollment: row id of the person in the campaign.
        position: the step that was sent.
        sent_at: the instant that the wait is counted from.
    """
    steps = load_steps(connection, campaign)
    following = position + 1
    if following >= len(steps):
        connection.execute(
            update(Enrollment)
            .where(Enrollment.id == enrollment, Enrollment.state == EnrollmentState.ACTIVE)
            .values(state=EnrollmentState.FINISHED)
        )
        return
    own = connection.scalar(select(Enrollment.timezone).where(Enrollment.id == enrollment))
    zone = connection.execute(select(Sender.timezone).where(Sender.email == sender)).scalar_one()
    connection.execute(
        update(Message)
        .where(
            Message.enrollment_id == enrollment,
            Message.position == following,
            Message.state == MessageState.PLANNED,
        )
        .values(due_at=steps[following].due_at(sent_at, own, zone))
    )
