"""Whom an unsubscribe link is about."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, exists, select

from postroad.ledger.tables import Campaign, Enrollment, Message, Organisation, Suppression
from postroad.unsubscribe_links import NamedMessage


@dataclass(frozen=True, slots=True)
class Reader:
    """The person who got a message."""

    enrollment: int
    """Row id in the message's campaign."""
    address: str
    """Normalised."""
    channel: str | None
    """What the message left by."""
    is_suppressed: bool
    """Whether they get nothing more, for whatever reason."""
    organisation: str
    """Whose mail it is."""


def find_reader(connection: Connection, message: NamedMessage) -> Reader | None:
    """Return who got a message; None where nobody did, or they were erased since."""
    suppressed = exists().where(Suppression.address.in_([Enrollment.address, "@" + Message.domain]))
    row = connection.execute(
        select(
            Enrollment.id,
            Enrollment.address,
            Message.channel_id,
            suppressed.label("suppressed"),
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
        is_suppressed=bool(row.suppressed),
        organisation=row.organisation or "",
    )
