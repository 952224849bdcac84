"""The live feed: events in the order in which they were written."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, and_, func, select

from postroad.instants import moment
from postroad.ledger.tables import Enrollment, Event, Step


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


def last_event(connection: Connection) -> int:
    """Return the id of the newest event; 0 where there is none."""
    return connection.execute(select(func.max(Event.id))).scalar() or 0


def events_after(
    connection: Connection, after: int, *, campaign_id: str | None, at_most: int
) -> list[FeedEntry]:
    """Return the events with a higher id than `after`, oldest first."""
    statement = (
        select(
            Event.id,
            Event.at,
            Event.event,
            Event.campaign_id,
            Event.channel_id,
            Event.detail,
            Step.id.label("step"),
            Enrollment.recipient,
        )
        .select_from(Event)
        .outerjoin(
            Step, and_(Step.campaign_id == Event.campaign_id, Step.position == Event.position)
        )
        .outerjoin(Enrollment, Enrollment.id == Event.enrollment_id)
        .where(Event.id > after)
        .order_by(Event.id)
        .limit(at_most)
    )
    if campaign_id is not None:
        statement = statement.where(Event.campaign_id == campaign_id)
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
        )
        for row in connection.execute(statement)
    ]
