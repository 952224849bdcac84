"""Tokens with which programs call the HTTP API."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, or_, select, update

from postroad.instants import moment
from postroad.ledger.tables import ApiToken
from postroad.ledger.token_digests import digest_of
from postroad.ledger.upsert import insert_new
from postroad.ledger.users import Role


class TokenOverview(BaseModel):
    """One row of `token list --json`."""

    model_config = ConfigDict(frozen=True)

    name: str
    role: Role
    sender: str | None
    per_minute: int
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a valid token stands for."""

    id: int
    name: str
    role: Role
    sender: str | None
    per_minute: int
    last_used_at: int | None


def add_token(
    connection: Connection,
    token: str,
    *,
    name: str,
    role: Role,
    sender: str | None,
    per_minute: int,
    expires_at: int | None,
    now: int,
) -> bool:
    """Let a program call the API; False where the name was used before, and nothing was changed."""
    row = {
        "name": name,
        "digest": digest_of(token),
        "role": role,
        "sender": sender,
        "per_minute": per_minute,
        "created_at": now,
        "expires_at": expires_at,
    }
    return insert_new(connection, ApiToken, [row]) == 1


def find_token(connection: Connection, token: str, now: int) -> TokenHolder | None:
    """Return whom a token stands for; None where it is over, revoked, or never was."""
    row = connection.execute(
        select(*ApiToken.__table__.columns)
        .where(ApiToken.digest == digest_of(token), ApiToken.revoked_at.is_(None))
        .where(or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now))
    ).first()
    if row is None:
        return None
    return TokenHolder(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        sender=row.sender,
        per_minute=row.per_minute,
        last_used_at=row.last_used_at,
    )


def note_used(connection: Connection, token_id: int, now: int) -> None:
    """Note that a token was used; callers do so once a minute at most."""
    connection.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))


def revoke_token(connection: Connection, name: str, now: int) -> bool:
    """Let a token open nothing any more; False where there is none, or it was revoked before."""
    revoked = connection.execute(
        update(ApiToken)
        .where(ApiToken.name == name, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return revoked.rowcount == 1


def list_tokens(connection: Connection) -> list[TokenOverview]:
    """Return every token by name, revoked ones too."""
    rows = connection.execute(select(*ApiToken.__table__.columns).order_by(ApiToken.name))
    return [
        TokenOverview(
            name=row.name,
            role=Role(row.role),
            sender=row.sender,
            per_minute=row.per_minute,
            created_at=moment(row.created_at),
            expires_at=_moment(row.expires_at),
            last_used_at=_moment(row.last_used_at),
            revoked_at=_moment(row.revoked_at),
        )
        for row in rows
    ]


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
