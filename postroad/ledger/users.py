"""People who sign in to the console with a password kept in the ledger."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, delete, exists, select, update

from postroad.instants import moment
from postroad.ledger.tables import ConsoleSession, ConsoleUser
from postroad.ledger.upsert import insert_new


class Role(StrEnum):
    """What somebody may see and do; each may do what the one before may."""

    REP = "rep"
    """Sees their own people and messages: those that they send as."""
    MANAGER = "manager"
    """Sees everybody's, and steers campaigns."""
    ADMIN = "admin"
    """Also keeps channels, suppressions and users."""


class User(BaseModel):
    """One row of `user list --json`."""

    model_config = ConfigDict(frozen=True)

    email: str
    role: Role
    created_at: datetime


def add_user(connection: Connection, email: str, role: Role, password_hash: str, now: int) -> bool:
    """Let somebody sign in; False where they could before, and nothing was changed."""
    row = {"email": email, "role": role, "password_hash": password_hash, "created_at": now}
    return insert_new(connection, ConsoleUser, [row]) == 1


def change_user(
    connection: Connection,
    email: str,
    *,
    role: Role | None = None,
    password_hash: str | None = None,
) -> bool:
    """Change somebody's role or password, which signs them out; False where there is none."""
    values = {"role": role, "password_hash": password_hash}
    changed = connection.execute(
        update(ConsoleUser)
        .where(ConsoleUser.email == email)
        .values({name: value for name, value in values.items() if value is not None})
    ).rowcount
    _sign_out(connection, email)
    return changed == 1


def remove_user(connection: Connection, email: str) -> bool:
    """Let somebody sign in no more, and sign them out; False where there is no such user."""
    removed = connection.execute(delete(ConsoleUser).where(ConsoleUser.email == email)).rowcount
    _sign_out(connection, email)
    return removed == 1


def list_users(connection: Connection) -> list[User]:
    """Return everybody who signs in with a password, by address."""
    columns = (ConsoleUser.email, ConsoleUser.role, ConsoleUser.created_at)
    rows = connection.execute(select(*columns).order_by(ConsoleUser.email))
    return [
        User(email=row.email, role=Role(row.role), created_at=moment(row.created_at))
        for row in rows
    ]


def has_users(connection: Connection) -> bool:
    """Whether anybody can sign in with a password."""
    return bool(connection.scalar(select(exists().where(ConsoleUser.email.is_not(None)))))


def credentials(connection: Connection, email: str) -> tuple[str, Role] | None:
    """Return somebody's password hash and role; None where there is no such user."""
    row = connection.execute(
        select(ConsoleUser.password_hash, ConsoleUser.role).where(ConsoleUser.email == email)
    ).first()
    return None if row is None else (row.password_hash, Role(row.role))


def _sign_out(connection: Connection, email: str) -> None:
    connection.execute(delete(ConsoleSession).where(ConsoleSession.email == email))
