"""The live feed with filters, backwards in pages and forwards as it grows."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Select, literal, select, tuple_

from postroad.ledger.events import FeedEntry, read_entries, select_entries
from postroad.ledger.pages.scope import event_of
from postroad.ledger.tables import Event


class FeedFilter(BaseModel):
    """Which events somebody wants to see; empty for any."""

    model_config = ConfigDict(frozen=True)

    campaign: str = ""
    event: str = ""
    channel: str = ""
    sender: str | None = None
    """Only events about this sender's people."""


def events_before(
    connection: Connection, before: int | None, wanted: FeedFilter, at_most: int
) -> list[FeedEntry]:
    """Return events, the latest first.

    Args:
        connection: a transaction.
        before: only events before the one with this id; None for the latest.
        wanted: which events.
        at_most: how many.
    """
    statement = _select(wanted).limit(at_most)
    if not wanted.event:
        statement = statement.order_by(Event.id.desc())
        if before is not None:
            statement = statement.where(Event.id < before)
    else:  # by the index on kind and time
        statement = statement.order_by(Event.at.desc(), Event.id.desc())
        if before is not None:
            at = select(Event.at).where(Event.id == before).scalar_subquery()
            statement = statement.where(tuple_(Event.at, Event.id) < tuple_(at, literal(before)))
    return read_entries(connection, statement)


def events_since(
    connection: Connection, after: int, wanted: FeedFilter, at_most: int
) -> list[FeedEntry]:
    """Return the events with a higher id than `after`, oldest first."""
    statement = _select(wanted).where(Event.id > after).order_by(Event.id).limit(at_most)
    return read_entries(connection, statement)


def _select(wanted: FeedFilter) -> Select[*tuple[Any, ...]]:
    statement = select_entries().where(*event_of(wanted.sender))
    for column, value in (
        (Event.campaign_id, wanted.campaign),
        (Event.event, wanted.event),
        (Event.channel_id, wanted.channel),
    ):
        if value:
            statement = statement.where(column == value)
    return statement
