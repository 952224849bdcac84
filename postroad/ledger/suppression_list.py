"""The suppression list as operators keep it: adding ends people's sequences at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from postroad.contracts import EnrollmentState, MessageState, sequence_workflow_id
from postroad.contracts.states import NOT_YET_LEFT
from postroad.instants import moment
from postroad.ledger.suppression import suppress_address
from postroad.ledger.tables import Enrollment, Event, Message, Sequence, Suppression

_PART = 1_000
"""Row ids in one statement; SQLite takes at most 32,766 parameters."""


class SuppressedAddress(BaseModel):
    """One row of `suppress list --json`."""

    model_config = ConfigDict(frozen=True)

    address: str
    """A normalised address, or `@domain`."""
    reason: str
    source: str
    """Who or what suppressed it: `operator`, `import`, `bounce`, `unsubscribe`, …"""
    at: datetime


@dataclass(slots=True)
class SuppressionEffect:
    """What a new suppression stopped."""

    new: bool
    """False where the address was suppressed before."""
    people: int = 0
    """Enrollments that ended."""
    messages: int = 0
    """Messages that will not leave."""
    wake: set[str] = field(default_factory=set[str])
    """Sequences that have less to do now, as workflow ids."""


def add_suppression(
    connection: Connection, address: str, reason: str, source: str, now: int
) -> SuppressionEffect:
    """Suppress a normalised address or `@domain`, and end the sequences of those it names.

    A message that is on the wire at this instant is finished; nothing else leaves.
    """
    effect = SuppressionEffect(new=suppress_address(connection, address, reason, source, now))
    people = connection.execute(
        select(Enrollment.id, Enrollment.campaign_id, Sequence.sender)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(_names(address), Enrollment.state == EnrollmentState.ACTIVE)
        .order_by(Enrollment.id)
    ).all()
    words = f"suppressed: {reason or address}"
    for first in range(0, len(people), _PART):
        part = people[first : first + _PART]
        effect.messages += _end(connection, [row.id for row in part], words)
        connection.execute(
            insert(Event),
            [
                {
                    "at": now,
                    "event": "suppressed",
                    "campaign_id": row.campaign_id,
                    "enrollment_id": row.id,
                    "detail": words,
                }
                for row in part
            ],
        )
    effect.people = len(people)
    effect.wake = {sequence_workflow_id(row.campaign_id, row.sender) for row in people}
    return effect


def lift_suppression(connection: Connection, address: str) -> bool:
    """Take an address off the list; those whose sequences it ended stay ended.

    Returns:
        False where it was not on the list.
    """
    deleted = connection.execute(delete(Suppression).where(Suppression.address == address))
    return deleted.rowcount == 1


def list_suppressions(connection: Connection) -> Iterator[SuppressedAddress]:
    """Yield the list by address."""
    rows = connection.execute(
        select(Suppression.address, Suppression.reason, Suppression.source, Suppression.at)
        .order_by(Suppression.address)
        .execution_options(yield_per=_PART)
    )
    for row in rows:
        yield SuppressedAddress(
            address=row.address, reason=row.reason, source=row.source, at=moment(row.at)
        )


def _names(address: str) -> ColumnElement[bool]:
    if address.startswith("@"):
        return Enrollment.address.endswith(address, autoescape=True)
    return Enrollment.address == address


def _end(connection: Connection, people: list[int], words: str) -> int:
    """End people; messages before people, as sending settles them, so that none deadlocks."""
    stopped = connection.execute(
        update(Message)
        .where(Message.enrollment_id.in_(people), Message.state.in_(NOT_YET_LEFT))
        .values(state=MessageState.SUPPRESSED, due_at=None, charge_at=None, reason=words)
    ).rowcount
    connection.execute(
        update(Enrollment)
        .where(Enrollment.id.in_(people), Enrollment.state == EnrollmentState.ACTIVE)
        .values(state=EnrollmentState.UNSUBSCRIBED, reason=words)
    )
    return stopped
