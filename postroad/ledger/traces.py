"""The trace of a person: everything the live feed knows of one address, oldest first."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, and_, select

from postroad.contracts import sequence_workflow_id
from postroad.instants import moment
from postroad.ledger.handing_over import HANDED_OVER, former_sender
from postroad.ledger.tables import Enrollment, Event, Message, Step
from postroad.ledger.tables import Sequence as SequenceRow

_Happened = Row[*tuple[Any, ...]]


class TraceEntry(BaseModel):
    """One row of `trace EMAIL --json`."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    event: str
    campaign: str
    step: str | None
    sender: str
    channel: str | None
    message_id: str | None
    workflow_id: str
    """The Temporal workflow in whose history the event happened."""
    detail: str


def trace(connection: Connection, address: str) -> list[TraceEntry]:
    """Return what happened to a normalised address in every campaign, oldest first."""
    rows = connection.execute(
        select(
            Event.at,
            Event.event,
            Event.channel_id,
            Event.detail,
            SequenceRow.campaign_id,
            SequenceRow.sender,
            Step.id.label("step"),
            Message.message_id,
        )
        .select_from(Enrollment)
        .join(SequenceRow, SequenceRow.id == Enrollment.sequence_id)
        .join(Event, Event.enrollment_id == Enrollment.id)
        .outerjoin(
            Step,
            and_(Step.campaign_id == Enrollment.campaign_id, Step.position == Event.position),
        )
        .outerjoin(
            Message,
            and_(Message.enrollment_id == Enrollment.id, Message.position == Event.position),
        )
        .where(Enrollment.address == address)
        .order_by(Event.at.desc(), Event.id.desc())
    )
    latest_first = _with_senders(rows.all())
    return [
        TraceEntry(
            at=moment(row.at),
            event=row.event,
            campaign=row.campaign_id,
            step=row.step,
            sender=sender,
            channel=row.channel_id,
            message_id=row.message_id,
            workflow_id=sequence_workflow_id(row.campaign_id, sender),
            detail=row.detail,
        )
        for row, sender in reversed(list(latest_first))
    ]


def _with_senders(latest_first: Sequence[_Happened]) -> Iterator[tuple[_Happened, str]]:
    """Yield each event with whoever wrote to the person then: people may be handed over."""
    former: dict[str, str] = {}
    for row in latest_first:
        yield row, former.get(row.campaign_id, row.sender)
        if row.event == HANDED_OVER and (sender := former_sender(row.detail)) is not None:
            former[row.campaign_id] = sender
