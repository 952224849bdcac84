"""Letting messages wait for people who are away."""

from datetime import date

from sqlalchemy import Connection, select, update

from postroad.contracts import MessageState
from postroad.instants import DAY, moment
from postroad.ledger.tables import Enrollment, Message


def postpone_until_back(connection: Connection, address: str, return_date: date) -> int:
    """Move a person's due messages to the day after a return, at the same time of day.

    Their step's window is looked at again before they leave.

    Returns:
        How many messages are due later now.
    """
    rows = connection.execute(
        select(Message.id, Message.due_at)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(
            Enrollment.address == address,
            Message.state == MessageState.PLANNED,
            Message.due_at.is_not(None),
        )
        .order_by(Message.id)
    ).all()
    postponed = 0
    for row in rows:
        days = (return_date - moment(row.due_at).date()).days + 1
        if days > 0:
            # As everything that is not due yet, it has no channel.
            postponed += connection.execute(
                update(Message)
                .where(Message.id == row.id, Message.state == MessageState.PLANNED)
                .values(due_at=row.due_at + days * DAY, channel_id=None, reason="")
            ).rowcount
    return postponed
