"""The trace of a person: everything the live feed knows of one address, oldest first."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, and_, select

from postroad.contracts import sequence_workflow_id
from postroad.instants import moment
from postroad.ledger.tables import Enrollment, Event, Message, Sequence, Step


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
            Sequence.campaign_id,
            Sequence.sender,
            Step.id.label("step"),
            Message.message_id,
        )
        .select_from(Enrollment)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
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
        .order_by(Event.at, Event.id)
    )
    return [
        TraceEntry(
            at=moment(row.at),
            event=row.event,
            campaign=row.campaign_id,
            step=row.step,
            sender=row.sender,
            channel=row.channel_id,
            message_id=row.message_id,
            workflow_id=sequence_workflow_id(row.campaign_id, row.sender),
            detail=row.detail,
        )
        for row in rows
    ]
