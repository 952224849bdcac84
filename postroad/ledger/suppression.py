"""Suppressing an address: it must get nothing more."""

from sqlalchemy import Connection

from postroad.ledger.tables import Suppression
from postroad.ledger.upsert import insert_new


def suppress_address(
    connection: Connection, address: str, reason: str, source: str, at: int
) -> bool:
    """Suppress an address or `@domain`; return False where it already was."""
    row = {"address": address, "reason": reason, "source": source, "at": at}
    return insert_new(connection, Suppression, [row]) == 1
