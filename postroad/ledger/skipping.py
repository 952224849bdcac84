"""Passing over a step that is not for a person; they go on with the next one."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, insert, literal, select, update

from postroad.contracts import MessageState
from postroad.ledger.going_on import Passed, go_on
from postroad.ledger.tables import Event, Message

REMOVED = "the step was removed"
"""The reason where nobody gets a step any more."""


def skip(
    connection: Connection,
    campaign: str,
    sender: str,
    skipped: Sequence[Passed],
    reason: str,
    now: int,
) -> None:
    """Mark steps skipped that were not begun, tell the live feed, and make the next ones due.

    Args:
        connection: a write transaction.
        campaign: the campaign's id.
        sender: who writes to these people.
        skipped: one step each of different people.
        reason: why, for people.
        now: the present instant.
    """
    people: defaultdict[int, list[int]] = defaultdict(list)
    for one in skipped:
        people[one.position].append(one.enrollment)
    for position, enrollments in people.items():
        these = (Message.position == position) & Message.enrollment_id.in_(enrollments)
        connection.execute(
            update(Message)
            .where(these)
            .values(
                state=MessageState.SKIPPED,
                due_at=None,
                channel_id=None,
                wave=None,
                charge_at=None,
                reason=reason,
            )
        )
        told = select(
            literal(now),
            literal("skipped"),
            literal(campaign),
            Message.enrollment_id,
            Message.position,
            literal(reason),
        ).where(these)
        columns = ["at", "event", "campaign_id", "enrollment_id", "position", "detail"]
        connection.execute(insert(Event).from_select(columns, told))
    go_on(connection, campaign, sender, skipped)
