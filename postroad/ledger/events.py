"""The live feed: events in the order in which they were written."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, ScalarSelect, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from postroad.instants import MINUTE, moment
from postroad.ledger.tables import Enrollment, Event, Message, Sequence, Step

_SETTLED = MINUTE
"""No transaction of ours takes longer; after it a missing id belongs to one that was undone."""


class FeedEntry(BaseModel):
    """One line of the live feed."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: datetime
    event: str
    campaign: str | None
    step: str | None
    email: str | None
    channel: str | None
    detail: str
    sender: str | None = None
    message_id: str | None = None


def last_event(connection: Connection) -> int:
    """Return the id of the newest event; 0 where there is none."""
    return connection.execute(select(func.max(Event.id))).scalar() or 0


def enrolled_at(enrollment: InstrumentedAttribute[int]) -> ScalarSelect[int]:
    """Ask when a person was enrolled, in a statement about their row id."""
    return (
        select(Event.at)
        .where(Event.enrollment_id == enrollment, Event.event == "enrolled")
        .limit(1)
        .scalar_subquery()
    )


def first_event_since(connection: Connection, at: int) -> int:
    """Return the id after which the events from an instant on stand."""
    found = connection.execute(select(func.min(Event.id)).where(Event.at >= at)).scalar()
    return last_event(connection) if found is None else found - 1


def settled_through(connection: Connection, after: int, now: int, at_most: int) -> int:
    """Return the id up to which no event can still appear.

    PostgreSQL hands out ids before transactions commit, so that a later id may be seen before an
    earlier one. A gap is waited for, until whoever left it must have ended.
    """
    settled = after
    rows = connection.execute(
        select(Event.id, Event.at).where(Event.id > after).order_by(Event.id).limit(at_most)
    )
    for row in rows:
        if row.id != settled + 1 and row.at > now - _SETTLED:
            break
        settled = row.id
    return settled


def events_after(
    connection: Connection,
    after: int,
    *,
    campaign_id: str | None,
    at_most: int,
    event: str | None = None,
    through: int | None = None,
) -> list[FeedEntry]:
    """Return the events with a higher id than `after`, oldest first.

    Args:
        connection: a transaction.
        after: id of the last event that is known.
        campaign_id: only events of this campaign.
        at_most: how many.
        event: only events of this kind.
        through: no events with a higher id than this.
    """
    statement = select_entries().where(Event.id > after).order_by(Event.id).limit(at_most)
    if campaign_id is not None:
        statement = statement.where(Event.campaign_id == campaign_id)
    if event is not None:
        statement = statement.where(Event.event == event)
    if through is not None:
        statement = statement.where(Event.id <= through)
    return read_entries(connection, statement)


def select_entries() -> Select[*tuple[Any, ...]]:
    """Return the statement that `read_entries` runs, to be narrowed and ordered."""
    return (
        select(
            Event.id,
            Event.at,
            Event.event,
            Event.campaign_id,
            Event.channel_id,
            Event.detail,
            Step.id.label("step"),
            Enrollment.recipient,
            Sequence.sender,
            Message.message_id,
        )
        .select_from(Event)
        .outerjoin(
            Step, and_(Step.campaign_id == Event.campaign_id, Step.position == Event.position)
        )
        .outerjoin(Enrollment, Enrollment.id == Event.enrollment_id)
        .outerjoin(Sequence, Sequence.id == Enrollment.sequence_id)
        .outerjoin(
            Message,
            and_(Message.enrollment_id == Enrollment.id, Message.position == Event.position),
        )
    )


def read_entries(connection: Connection, statement: Select[*tuple[Any, ...]]) -> list[FeedEntry]:
    """Run a statement of `select_entries`."""
    return [
        FeedEntry(
            id=row.id,
            at=moment(row.at),
            event=row.event,
            campaign=row.campaign_id,
            step=row.step,
            email=row.recipient,
            channel=row.channel_id,
            detail=row.detail,
            sender=row.sender,
            message_id=row.message_id,
        )
        for row in connection.execute(statement)
    ]
