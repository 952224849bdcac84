"""A person's data: all of it for them to have, and all of it gone when they want that.

Regulation (EU) 2016/679, articles 15 and 17. Erasing leaves every count as it was: the rows stay,
and what could tell whose they are is replaced.
"""

import secrets
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, delete, func, select, update

from postroad.contracts import EnrollmentState, MessageState, sequence_workflow_id
from postroad.instants import moment
from postroad.ledger.settlement import end_person
from postroad.ledger.suppression import suppress_address
from postroad.ledger.tables import (
    AuditEntry,
    Enrollment,
    Event,
    Message,
    Outcome,
    OwnText,
    Pause,
    Rejection,
    Sequence,
    Step,
    Suppression,
    Task,
    Visit,
)
from postroad.ledger.traces import TraceEntry, trace

ERASED_DOMAIN = "erased.invalid"
"""No mail can ever go there (RFC 2606)."""

_SENDING = (MessageState.RESERVED, MessageState.SENDING, MessageState.UNCERTAIN)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class VisitToMessage(_Told):
    """Somebody opened a message, or followed one of its links."""

    deed: str
    at: datetime
    target: str
    """Where the link leads; empty for an opening."""
    machine: str
    """By what we know that it was no person; empty for what may have been one."""


class SentToPerson(_Told):
    """One message to a person."""

    step: str
    state: MessageState
    channel: str | None
    message_id: str | None
    sent_at: datetime | None
    came_back: list[str]
    """What came back for it, by kind."""
    visits: list[VisitToMessage]
    """When it was opened and its links were followed, where it was tracked."""


class PersonInCampaign(_Told):
    """What is kept of a person in one campaign."""

    campaign: str
    sender: str
    address: str
    fields: dict[str, Any]
    """The audience's columns."""
    timezone: str | None
    state: EnrollmentState
    reason: str
    messages: list[SentToPerson]


class PersonalData(_Told):
    """Everything that is kept of a person."""

    address: str
    suppressed: str | None
    """Why they get nothing; None where they may be written to."""
    campaigns: list[PersonInCampaign]
    events: list[TraceEntry]


class StillSending(Exception):
    """A message to the person is on its way, or in doubt; the sentence says what to do."""


def export_person(connection: Connection, address: str) -> PersonalData:
    """Return everything that is kept of a normalised address."""
    rows = connection.execute(
        select(Enrollment, Sequence.sender)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(Enrollment.address == address)
        .order_by(Enrollment.id)
    ).all()
    return PersonalData(
        address=address,
        suppressed=connection.scalar(
            select(Suppression.reason).where(Suppression.address == address)
        ),
        campaigns=[
            PersonInCampaign(
                campaign=row.campaign_id,
                sender=row.sender,
                address=row.recipient,
                fields=row.fields,
                timezone=row.timezone,
                state=EnrollmentState(row.state),
                reason=row.reason,
                messages=_messages(connection, row.id),
            )
            for row in rows
        ],
        events=trace(connection, address),
    )


def erase_person(connection: Connection, address: str, by: str, now: int) -> set[str]:
    """Erase a person; their address stays suppressed, so that no later list brings them back.

    Args:
        connection: a write transaction.
        address: the normalised address.
        by: who decided it.
        now: the present instant.

    Returns:
        Sequences that have less to do, as workflow ids.

    Raises:
        StillSending: a message is on its way, or nobody knows whether it left.
    """
    rows = connection.execute(
        select(Enrollment.id, Enrollment.campaign_id, Sequence.sender)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(Enrollment.address == address)
        .order_by(Enrollment.id)
    ).all()
    suppress_address(connection, address, f"erased by {by}", "erasure", now)
    _refuse_while_sending(connection, [row.id for row in rows])
    for row in rows:
        end_person(connection, row.id, EnrollmentState.REMOVED, "erased")
        _forget(connection, row.id)
    connection.execute(
        update(AuditEntry)
        # A change that was never concluded names people as they were asked for.
        .where(func.lower(AuditEntry.subject) == address)
        .values(subject="erased", detail="")
    )
    # Rejected rows hold addresses as they were written.
    connection.execute(
        update(Rejection)
        .where(func.lower(Rejection.address) == address)
        .values(address="", detail="erased")
    )
    return {sequence_workflow_id(row.campaign_id, row.sender) for row in rows}


def _messages(connection: Connection, enrollment: int) -> list[SentToPerson]:
    rows = connection.execute(
        select(Message, Step.id.label("step"))
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .join(
            Step,
            (Step.campaign_id == Enrollment.campaign_id) & (Step.position == Message.position),
        )
        .where(Message.enrollment_id == enrollment)
        .order_by(Message.position)
    ).all()
    return [
        SentToPerson(
            step=row.step,
            state=MessageState(row.state),
            channel=row.channel_id,
            message_id=row.message_id,
            sent_at=None if row.sent_at is None else moment(row.sent_at),
            came_back=list(
                connection.scalars(
                    select(Outcome.kind).where(Outcome.message == row.id).order_by(Outcome.id)
                )
            ),
            visits=_visits(connection, row.id),
        )
        for row in rows
    ]


def _visits(connection: Connection, message: int) -> list[VisitToMessage]:
    visits = connection.execute(
        select(*Visit.__table__.columns).where(Visit.message == message).order_by(Visit.at)
    )
    return [
        VisitToMessage(
            deed=visit.deed, at=moment(visit.at), target=visit.target, machine=visit.machine
        )
        for visit in visits
    ]


def _refuse_while_sending(connection: Connection, enrollments: list[int]) -> None:
    state = connection.scalar(
        select(Message.state)
        .where(Message.enrollment_id.in_(enrollments), Message.state.in_(_SENDING))
        .limit(1)
    )
    if state == MessageState.UNCERTAIN:
        raise StillSending(
            "a message to this person is uncertain: decide about it with `postroad uncertain`, "
            "then erase again"
        )
    if state is not None:
        raise StillSending("a message to this person is on its way: erase again in a minute")


def _forget(connection: Connection, enrollment: int) -> None:
    nobody = f"{secrets.token_hex(8)}@{ERASED_DOMAIN}"
    connection.execute(
        update(Enrollment)
        .where(Enrollment.id == enrollment)
        .values(
            address=nobody,
            recipient=nobody,
            person_key=secrets.token_hex(8),
            fields={},
            company=None,
            timezone=None,
            reason="erased",
        )
    )
    connection.execute(
        update(Message)
        .where(Message.enrollment_id == enrollment)
        .values(message_id=None, provider_id=None, thread_id=None)
    )
    connection.execute(delete(Pause).where(Pause.enrollment_id == enrollment))
    of_person = select(Message.id).where(Message.enrollment_id == enrollment)
    connection.execute(update(Task).where(Task.message.in_(of_person)).values(note=""))
    connection.execute(delete(OwnText).where(OwnText.message.in_(of_person)))
    connection.execute(delete(Visit).where(Visit.message.in_(of_person)))
    # Providers and people quote addresses in what they say.
    connection.execute(
        update(Event).where(Event.enrollment_id == enrollment).values(detail="erased")
    )
