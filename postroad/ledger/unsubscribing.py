"""Whom an unsubscribe link is about."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, exists, select

from postroad.ledger.opting_out import OptOut
from postroad.ledger.tables import Campaign, Enrollment, Message, Organisation, Suppression
from postroad.signed_tokens import NamedMessage


@dataclass(frozen=True, slots=True)
class Reader:
    """The person who got a message."""

    enrollment: int
    """Row id in the message's campaign."""
    address: str
    """Normalised."""
    channel: str | None
    """What the message left by."""
    has_opted_out: bool
    """Whether they said before that they want no more."""
    organisation: str
    """Whose mail it is."""


def find_reader(connection: Connection, message: NamedMessage) -> Reader | None:
    """Return who got a message; None where nobody did, or they were erased since."""
    opted_out = exists().where(
        Suppression.address == Enrollment.address, Suppression.source.in_(list(OptOut))
    )
    row = connection.execute(
        select(
            Enrollment.id,
            Enrollment.address,
            Message.channel_id,
            opted_out.label("opted_out"),
            select(Organisation.name).limit(1).scalar_subquery().label("organisation"),
        )
        .outerjoin(
            Message,
            and_(Message.enrollment_id == Enrollment.id, Message.position == message.position),
        )
        # Through the index of each campaign: a handful of them, instead of an index of its own.
        .where(
            Enrollment.campaign_id.in_(select(Campaign.id)),
            Enrollment.person_key == message.person_key,
        )
    ).first()
    if row is None:
        return None
    return Reader(
        enrollment=row.id,
        address=row.address,
        channel=row.channel_id,
        has_opted_out=bool(row.opted_out),
        organisation=row.organisation or "",
    )
