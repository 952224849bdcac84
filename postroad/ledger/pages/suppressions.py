"""The suppression list in pages."""

from sqlalchemy import Connection, select

from postroad.instants import moment
from postroad.ledger.suppression_list import SuppressedAddress
from postroad.ledger.tables import Suppression


def search_suppressions(
    connection: Connection, *, search: str, after: str, at_most: int
) -> list[SuppressedAddress]:
    """Return suppressed addresses and domains in order.

    Args:
        connection: a transaction.
        search: a part of the address; empty for any.
        after: the last address of the page before; empty for the first page.
        at_most: how many.
    """
    statement = (
        select(*Suppression.__table__.columns)
        .where(Suppression.address > after)
        .order_by(Suppression.address)
        .limit(at_most)
    )
    if search:
        statement = statement.where(Suppression.address.contains(search.lower(), autoescape=True))
    return [
        SuppressedAddress(
            address=row.address, reason=row.reason, source=row.source, at=moment(row.at)
        )
        for row in connection.execute(statement)
    ]
