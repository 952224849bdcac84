"""Keeping messages inside the hours and the dates in which people may be written to."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, insert, select, update

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.days_off import load_steps_for
from postroad.ledger.postponing import postpone
from postroad.ledger.settlement import end_person
from postroad.ledger.steps import CampaignStep
from postroad.ledger.tables import Enrollment, Event, Message
from postroad.ledger.tables import Sequence as SequenceRow

_Timed = Row[int, int, int, str | None]
"""(id, position, enrollment_id, timezone) of a message."""


def hold_to_timing(
    connection: Connection, campaign_id: str, sequence: int, messages: Sequence[int], now: int
) -> set[int]:
    """Make due at their next opening those that may not leave now; return them.

    They lose channel, wave and charge, as everything has that is not due yet. Those that would
    leave after their step's last day end, and their people's sequences with them.
    """
    sender = select(SequenceRow.sender).where(SequenceRow.id == sequence).scalar_subquery()
    all_steps, sender_zone = load_steps_for(connection, campaign_id, sender)
    steps = {step.position: step for step in all_steps if _is_timed(step)}
    if not steps:
        return set()
    rows = connection.execute(
        select(Message.id, Message.position, Message.enrollment_id, Enrollment.timezone)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Message.id.in_(messages), Message.position.in_(steps))
    )
    held: set[int] = set()
    later: dict[int, tuple[int, str]] = {}
    for row in rows.all():
        settings = steps[row.position].settings
        opening = settings.next_opening(now, row.timezone, sender_zone)
        if settings.is_too_late(opening, row.timezone, sender_zone):
            _end(connection, campaign_id, row, steps[row.position], now)
        elif opening > now:
            later[row.id] = opening, ""
        else:
            continue
        held.add(row.id)
    postpone(connection, later)
    return held


def _is_timed(step: CampaignStep) -> bool:
    settings = step.settings
    return not step.removed and any((settings.window, settings.not_before, settings.not_after))


def _end(
    connection: Connection, campaign_id: str, row: _Timed, step: CampaignStep, now: int
) -> None:
    reason = f"{step.id} was not to leave after {step.settings.not_after}"
    connection.execute(
        update(Message)
        .where(Message.id == row.id)
        .values(state=MessageState.SUPPRESSED, due_at=None, charge_at=None, reason=reason)
    )
    end_person(connection, row.enrollment_id, EnrollmentState.FINISHED, reason)
    connection.execute(
        insert(Event).values(
            at=now,
            event="suppressed",
            campaign_id=campaign_id,
            enrollment_id=row.enrollment_id,
            position=row.position,
            detail=reason,
        )
    )
