"""People in tables: of one campaign, and found by a part of their address."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, func, select

from postroad.contracts import EnrollmentState, MessageState
from postroad.instants import moment
from postroad.ledger.tables import Enrollment, Message, Sequence, Suppression

_NAME_FIELDS = ("first_name", "last_name")


class PersonRow(BaseModel):
    """One person of a campaign."""

    model_config = ConfigDict(frozen=True)

    address: str
    name: str
    sender: str
    state: EnrollmentState
    reason: str
    steps_sent: int
    last_sent_at: datetime | None


def list_people(
    connection: Connection,
    campaign: str,
    *,
    sender: str | None,
    state: str,
    search: str,
    after: str,
    at_most: int,
) -> list[PersonRow]:
    """Return people of a campaign by address.

    Args:
        connection: a transaction.
        campaign: the campaign's id.
        sender: only this sender's.
        state: only people in this state; empty for any.
        search: a part of the address; empty for any.
        after: the last address of the page before; empty for the first page.
        at_most: how many.
    """
    statement = (
        select(
            Enrollment.id,
            Enrollment.address,
            Enrollment.fields,
            Enrollment.state,
            Enrollment.reason,
            Sequence.sender,
        )
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(Enrollment.campaign_id == campaign, Enrollment.address > after)
        .order_by(Enrollment.address)
        .limit(at_most)
    )
    if sender is not None:
        statement = statement.where(Sequence.sender == sender)
    if state:
        statement = statement.where(Enrollment.state == state)
    if search:
        statement = statement.where(Enrollment.address.contains(search.lower(), autoescape=True))
    rows = connection.execute(statement).all()
    sent = {
        row.enrollment_id: row
        for row in connection.execute(
            select(
                Message.enrollment_id,
                func.count().label("number"),
                func.max(Message.sent_at).label("last"),
            )
            .where(
                Message.enrollment_id.in_([row.id for row in rows]),
                Message.state == MessageState.SENT,
            )
            .group_by(Message.enrollment_id)
        )
    }
    return [
        PersonRow(
            address=row.address,
            name=name_of(row.fields),
            sender=row.sender,
            state=EnrollmentState(row.state),
            reason=row.reason,
            steps_sent=sent[row.id].number if row.id in sent else 0,
            last_sent_at=_moment(sent[row.id].last) if row.id in sent else None,
        )
        for row in rows
    ]


def find_addresses(
    connection: Connection, part: str, *, sender: str | None, at_most: int
) -> list[str]:
    """Return the addresses of people that contain a text, in order."""
    statement = (
        select(Enrollment.address)
        .distinct()
        .where(Enrollment.address.contains(part.lower(), autoescape=True))
        .order_by(Enrollment.address)
        .limit(at_most)
    )
    if sender is not None:
        statement = statement.join(Sequence, Sequence.id == Enrollment.sequence_id).where(
            Sequence.sender == sender
        )
    return list(connection.scalars(statement))


def person_fields(
    connection: Connection, address: str, sender: str | None
) -> dict[str, str] | None:
    """Return what the audience said of a person last; None for nobody that the sender may see."""
    statement = (
        select(Enrollment.fields)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(Enrollment.address == address)
        .order_by(Enrollment.id.desc())
        .limit(1)
    )
    if sender is not None:
        statement = statement.where(Sequence.sender == sender)
    fields = connection.scalar(statement)
    return None if fields is None else {name: str(value) for name, value in fields.items()}


def suppressed_by(connection: Connection, address: str) -> str | None:
    """Return the entry of the suppression list that names an address, or its domain."""
    keys = (address, address[address.rindex("@") :])
    return connection.scalar(select(Suppression.address).where(Suppression.address.in_(keys)))


def name_of(fields: dict[str, object]) -> str:
    """Return a person's name, from the usual columns of an audience."""
    return " ".join(str(fields[key]) for key in _NAME_FIELDS if fields.get(key))


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
