"""What follows for people on a step that is behind them: their next step, or the end."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.days_off import load_steps_for
from postroad.ledger.tables import Enrollment, Message


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that is behind a person."""

    enrollment: int
    """Row id of the person in the campaign."""
    position: int
    at: int
    """The instant that the wait for the next step is counted from."""


def go_on(connection: Connection, campaign: str, sender: str, passed: Sequence[Passed]) -> None:
    """Make the steps after these due; after the last one a person has finished.

    Args:
        connection: a write transaction.
        campaign: the campaign's id.
        sender: whose days off count, and whose time zone where a person has none.
        passed: one step each of different people.
    """
    steps, zone = load_steps_for(connection, campaign, sender)
    last = len(steps) - 1
    _finish(connection, [one.enrollment for one in passed if one.position >= last])
    going_on = [one for one in passed if one.position < last]
    if not going_on:
        return
    people = {one.enrollment for one in going_on}
    own = connection.execute(
        select(Enrollment.id, Enrollment.timezone).where(Enrollment.id.in_(people))
    )
    zones = {row.id: row.timezone for row in own}
    connection.execute(
        update(Message)
        .where(
            Message.enrollment_id == bindparam("person"),
            Message.position == bindparam("following"),
            Message.state == MessageState.PLANNED,
        )
        .values(due_at=bindparam("due")),
        [
            {
                "person": one.enrollment,
                "following": one.position + 1,
                "due": steps[one.position + 1].due_at(one.at, zones[one.enrollment], zone),
            }
            for one in going_on
        ],
    )


def _finish(connection: Connection, people: Sequence[int]) -> None:
    connection.execute(
        update(Enrollment)
        .where(Enrollment.id.in_(people), Enrollment.state == EnrollmentState.ACTIVE)
        .values(state=EnrollmentState.FINISHED)
    )
