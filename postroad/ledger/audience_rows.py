"""People as the audience described them, read back from the ledger."""

from sqlalchemy import Connection, select

from postroad.campaign.audience import AudienceRow
from postroad.ledger.tables import Enrollment, Sequence


def row_of_person(
    connection: Connection, address: str, campaign_id: str | None = None
) -> AudienceRow | None:
    """Return a person with the sender who writes to them; None where they are nobody's.

    Args:
        connection: a read transaction.
        address: their normalised address.
        campaign_id: the campaign that they are in; None for the one that they were in last.
    """
    people = (
        select(Enrollment, Sequence.sender)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(Enrollment.address == address)
        .order_by(Enrollment.id.desc())
    )
    if campaign_id is not None:
        people = people.where(Enrollment.campaign_id == campaign_id)
    row = connection.execute(people.limit(1)).first()
    if row is None:
        return None
    return AudienceRow(
        row=row.row,
        recipient=row.recipient,
        address=row.address,
        domain=row.address.rpartition("@")[2],
        fields=row.fields,
        sender=row.sender,
        timezone=row.timezone,
    )
