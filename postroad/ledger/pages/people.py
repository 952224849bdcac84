"""People found by a part of their address, and what the audience says of one."""

from sqlalchemy import Connection, select

from postroad.ledger.tables import Enrollment, Sequence, Suppression

NAME_FIELDS = ("first_name", "last_name")
"""The usual columns of an audience that hold a person's name."""


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


def sender_of(connection: Connection, campaign_id: str, address: str) -> str | None:
    """Return who writes to a person in a campaign; None where they are not in it."""
    return connection.scalar(
        select(Sequence.sender)
        .join(Enrollment, Enrollment.sequence_id == Sequence.id)
        .where(Enrollment.campaign_id == campaign_id, Enrollment.address == address)
    )


def suppressed_by(connection: Connection, address: str) -> str | None:
    """Return the entry of the suppression list that names an address, or its domain."""
    keys = (address, address[address.rindex("@") :])
    return connection.scalar(select(Suppression.address).where(Suppression.address.in_(keys)))


def name_of(fields: dict[str, object]) -> str:
    """Return a person's name, from the usual columns of an audience."""
    return " ".join(str(fields[key]) for key in NAME_FIELDS if fields.get(key))
