"""The audit log: every change made in the console, by whom and when."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, insert, select

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


def record_change(
    connection: Connection, *, by: str, action: str, subject: str, detail: str, now: int
) -> None:
    """Append a change; nothing takes one away."""
    connection.execute(
        insert(AuditEntry).values(at=now, by=by, action=action, subject=subject, detail=detail)
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
        )
        for row in connection.execute(statement)
    ]
