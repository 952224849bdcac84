"""Keeping messages inside the hours in which people may be written to."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from postroad.contracts import MessageState
from postroad.ledger.steps import load_steps
from postroad.ledger.tables import Enrollment, Message, Sender
from postroad.ledger.tables import Sequence as SequenceRow


def postpone_outside_windows(
    connection: Connection, campaign_id: str, sequence: int, messages: Sequence[int], now: int
) -> set[int]:
    """Make due at their window's next opening those that may not leave now; return them.

    They lose channel, wave and charge, as everything has that is not due yet.
    """
    windows = {
        step.position: step.settings.window
        for step in load_steps(connection, campaign_id)
        if step.settings.window is not None
    }
    if not windows:
        return set()
    sender_zone = connection.execute(
        select(Sender.timezone)
        .join(SequenceRow, SequenceRow.sender == Sender.email)
        .where(SequenceRow.id == sequence)
    ).scalar_one()
    rows = connection.execute(
        select(Message.id, Message.position, Enrollment.timezone)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Message.id.in_(messages), Message.position.in_(windows))
    )
    postponed: set[int] = set()
    for row in rows:
        window = windows[row.position]
        opening = window.next_opening(now, window.zone(row.timezone, sender_zone))
        if opening > now:
            postponed.add(row.id)
            connection.execute(
                update(Message)
                .where(Message.id == row.id)
                .values(
                    state=MessageState.PLANNED,
                    due_at=opening,
                    channel_id=None,
                    wave=None,
                    charge_at=None,
                )
            )
    return postponed
