"""Letting changed days off and changed steps reach the people who wait already."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, Row, and_, case, select, update
from sqlalchemy.orm import aliased

from postroad.campaign.days_off import DaysOff
from postroad.campaign.timing import Timing
from postroad.contracts import MessageState, sequence_workflow_id
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.days_off import days_off
from postroad.ledger.events import enrolled_at
from postroad.ledger.steps import load_settings, load_steps
from postroad.ledger.tables import Campaign, Enrollment, Message, Sender, Sequence

_Waiting = Row[int, int, int, str | None, int | None]
"""(id, position, due_at, the person's timezone, since when it waits) of a message."""


def reschedule(
    connection: Connection,
    before: Mapping[str, DaysOff],
    after: Mapping[str, DaysOff],
    now: int,
) -> set[str]:
    """Move what waits for an opening of its window to where that opening is now.

    Only what the former days off explain is moved: what was deferred or moved by somebody keeps
    its time. What is due already is held when it is booked.

    Args:
        connection: a write transaction.
        before: the days off that held, by sender.
        after: those that hold now.
        now: the present instant.

    Returns:
        Workflow ids of the sequences that have something due at another time.
    """
    changed = [sender for sender in after if before.get(sender, after[sender]) != after[sender]]
    sequences = connection.execute(
        select(Sequence.id, Sequence.campaign_id, Sequence.sender, Sender.timezone)
        .join(Campaign, Campaign.id == Sequence.campaign_id)
        .join(Sender, Sender.email == Sequence.sender)
        .where(Sequence.sender.in_(changed), Campaign.state.in_(UNDER_WAY))
        .order_by(Sequence.id)
    )
    moved: set[str] = set()
    for row in sequences.all():
        if load_settings(connection, row.campaign_id).interactive:
            continue
        steps = load_steps(connection, row.campaign_id)
        former = [step.settings.for_sender(before[row.sender]) for step in steps]
        present = [step.settings.for_sender(after[row.sender]) for step in steps]
        for message in _waiting(connection, row.id, now):
            at = message.position
            if _move(connection, message, former[at], present[at], row.timezone, now):
                moved.add(sequence_workflow_id(row.campaign_id, row.sender))
    return moved


def reschedule_step(
    connection: Connection,
    sequence: int,
    position: int,
    timings: tuple[Timing, Timing],
    now: int,
    *,
    after: int,
    at_most: int,
) -> int | None:
    """Move some of those who wait for a step to when it leaves now.

    Only what its former timing explains is moved, as for days off.

    Args:
        connection: a write transaction.
        sequence: row id of one sender's part of the campaign.
        position: the step.
        timings: the step's former timing and the present one, without days off.
        now: the present instant.
        after: messages up to this row id were looked at before.
        at_most: how many are looked at.

    Returns:
        The row id of the last message that was looked at; None when none is left.
    """
    sender = connection.execute(
        select(Sender.email, Sender.timezone)
        .join(Sequence, Sequence.sender == Sender.email)
        .where(Sequence.id == sequence)
    ).one()
    off = days_off(connection, [sender.email])[sender.email]
    former, present = (timing.for_sender(off) for timing in timings)
    these = (Message.position == position, Message.id > after)
    waiting = _waiting(connection, sequence, now, *these, at_most=at_most)
    for message in waiting:
        _move(connection, message, former, present, sender.timezone, now)
    return waiting[-1].id if waiting else None


def _move(
    connection: Connection,
    message: _Waiting,
    former: Timing,
    present: Timing,
    sender_zone: str,
    now: int,
) -> bool:
    """Give a message another due time; say whether it has one."""
    due_at = _moved_to(message, former, present, sender_zone, now)
    if due_at is None:
        return False
    connection.execute(
        update(Message)
        .where(Message.id == message.id, Message.state == MessageState.PLANNED)
        .values(due_at=due_at)
    )
    return True


def _moved_to(
    message: _Waiting,
    former: Timing,
    present: Timing,
    sender_zone: str,
    now: int,
) -> int | None:
    """Return another due time; None where it stays, or where something else explains it."""
    if message.since is None:
        return None

    def opening(timing: Timing, since: int) -> int:
        waited = timing.waited(since, message.timezone, sender_zone)
        return timing.next_opening(max(waited, now), message.timezone, sender_zone)

    due_at = opening(present, message.since)
    return due_at if message.due_at == opening(former, message.since) != due_at else None


def _waiting(
    connection: Connection,
    sequence: int,
    now: int,
    *these: ColumnElement[bool],
    at_most: int | None = None,
) -> list[_Waiting]:
    """Return what waits for its time, and since when; None where that is not known."""
    earlier = aliased(Message)
    return list(
        connection.execute(
            select(
                Message.id,
                Message.position,
                Message.due_at,
                Enrollment.timezone,
                case(
                    (Message.position == 0, enrolled_at(Enrollment.id)), else_=earlier.sent_at
                ).label("since"),
            )
            .join(Enrollment, Enrollment.id == Message.enrollment_id)
            .outerjoin(
                earlier,
                and_(
                    earlier.enrollment_id == Message.enrollment_id,
                    earlier.position == Message.position - 1,
                ),
            )
            .where(
                Message.sequence_id == sequence,
                Message.state == MessageState.PLANNED,
                Message.due_at > now,
                Message.deferrals == 0,
                Message.reason == "",
                *these,
            )
            .order_by(Message.id)
            .limit(at_most)
        )
    )
