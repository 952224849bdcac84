"""The last 24 hours: what left, and what came back."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Integer, cast, func, select

from postroad.instants import HOUR
from postroad.ledger.pages.scope import event_of
from postroad.ledger.tables import Event

_HOURS = 24
_COUNTED = ("sent", "bounced", "soft_bounced", "replied", "unsubscribed", "failed")


class LastDay(BaseModel):
    """What happened in the last 24 hours, the present one included."""

    model_config = ConfigDict(frozen=True)

    sent: int = 0
    bounced: int = 0
    soft_bounced: int = 0
    replied: int = 0
    unsubscribed: int = 0
    failed: int = 0
    first_hour: int
    """The instant at which the first hour begins."""
    sent_by_hour: list[int]


def last_day(connection: Connection, now: int, sender: str | None) -> LastDay:
    """Count the events of the last 24 hours, by the index on their kind and time."""
    first = (now // HOUR - _HOURS + 1) * HOUR
    recent = (Event.at >= first, *event_of(sender))
    events = connection.execute(
        select(Event.event, func.count())
        .where(Event.event.in_(_COUNTED), *recent)
        .group_by(Event.event)
    )
    counts = {event: number for event, number in events}
    hour = cast(Event.at / HOUR, Integer)
    sent = connection.execute(
        select(hour, func.count()).where(Event.event == "sent", *recent).group_by(hour)
    )
    by_hour = {at: number for at, number in sent}
    hours = [by_hour.get(first // HOUR + number, 0) for number in range(_HOURS)]
    return LastDay(first_hour=first, sent_by_hour=hours, **counts)
