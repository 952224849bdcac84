"""The audit log: every change made in the console or through the API, by whom and when.

An entry is written before its change and concluded after it, so that a process that dies between
the two leaves a question, never a change without an entry (docs/decisions/0017).
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, delete, insert, select, update

from postroad.instants import moment
from postroad.ledger.tables import AuditEntry


class Change(BaseModel):
    """One entry."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: datetime
    by: str
    action: str
    subject: str
    detail: str
    is_concluded: bool
    """False while it is being made, and for ever where nobody heard whether it was."""


def ask_change(connection: Connection, *, by: str, action: str, subject: str, now: int) -> int:
    """Append a change that is about to be made, and return its id."""
    row = connection.execute(
        insert(AuditEntry)
        .values(at=now, by=by, action=action, subject=subject, detail="", concluded_at=None)
        .returning(AuditEntry.id)
    )
    return row.scalar_one()


def conclude_change(
    connection: Connection, entry: int, *, subject: str, detail: str, now: int
) -> None:
    """Say what a change did."""
    _write(connection, entry, subject=subject, detail=detail, concluded_at=now)


def doubt_change(connection: Connection, entry: int, detail: str) -> None:
    """Say why nobody knows whether a change was made."""
    _write(connection, entry, detail=detail)


def withdraw_change(connection: Connection, entry: int) -> None:
    """Take back an entry whose change was refused: nothing was changed."""
    connection.execute(
        delete(AuditEntry).where(AuditEntry.id == entry, AuditEntry.concluded_at.is_(None))
    )


def record_change(
    connection: Connection, *, by: str, action: str, subject: str, detail: str, now: int
) -> None:
    """Append a change in the transaction that makes it."""
    connection.execute(
        insert(AuditEntry).values(
            at=now, by=by, action=action, subject=subject, detail=detail, concluded_at=now
        )
    )


def list_changes(connection: Connection, *, before: int | None, at_most: int) -> list[Change]:
    """Return changes, the latest first.

    Args:
        connection: a transaction.
        before: only entries with a lower id; None for the latest.
        at_most: how many.
    """
    statement = select(*AuditEntry.__table__.columns).order_by(AuditEntry.id.desc()).limit(at_most)
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    return [
        Change(
            id=row.id,
            at=moment(row.at),
            by=row.by,
            action=row.action,
            subject=row.subject,
            detail=row.detail,
            is_concluded=row.concluded_at is not None,
        )
        for row in connection.execute(statement)
    ]


def _write(connection: Connection, entry: int, **values: str | int) -> None:
    connection.execute(update(AuditEntry).where(AuditEntry.id == entry).values(values))
