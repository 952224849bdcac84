"""Inserting only what is new, the same way on both databases."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from postroad.ledger.tables import Base


def insert_new(connection: Connection, table: type[Base], rows: list[dict[str, Any]]) -> int:
    """Insert rows, passing over those whose key exists; return how many were new."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing()
    # PostgreSQL's driver forgets the count of an INSERT unless it is asked to keep it.
    statement = statement.execution_options(preserve_rowcount=True)
    return sum(connection.execute(statement, row).rowcount for row in rows)
