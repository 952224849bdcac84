"""Finding a sequence's row: one campaign's steps as executed for one sender's people."""

from sqlalchemy import Connection, select

from postroad.ledger.tables import Sequence


def sequence_id(connection: Connection, campaign_id: str, sender: str) -> int:
    """Return the row id of the sequence that works for this sender in this campaign."""
    return connection.execute(
        select(Sequence.id).where(Sequence.campaign_id == campaign_id, Sequence.sender == sender)
    ).scalar_one()
