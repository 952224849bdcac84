"""The HTTP API: who may call it, and what was answered to calls that may be repeated."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base, RowId


class ApiToken(Base):
    """A program that may call the API; a revoked one keeps its row and its name for the record."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token, so that reading the ledger lets nobody in."""
    role: Mapped[str]
    """See postroad.ledger.users.Role."""
    sender: Mapped[str | None]
    """Whose people a rep's token sees."""
    per_minute: Mapped[int]
    """Requests that it may make in a minute."""
    created_at: Mapped[int]
    expires_at: Mapped[int | None]
    last_used_at: Mapped[int | None]
    """To the minute."""
    revoked_at: Mapped[int | None]


class IdempotencyKey(Base):
    """A request that a program may repeat, and its answer once there is one."""

    __tablename__ = "idempotency_key"

    token_id: Mapped[int] = mapped_column(RowId, ForeignKey("api_token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of method, address and body."""
    nonce: Mapped[str] = mapped_column(String(32))
    """The same on every try, and known to nobody else: ids are made of it."""
    first_at: Mapped[int] = mapped_column(index=True)
    """When the key was first used; it is forgotten a day later."""
    begun_at: Mapped[int]
    """When the latest try began."""
    status: Mapped[int | None]
    """HTTP status of the answer; None while somebody works on it."""
    answer: Mapped[str | None]
    """Its body, encrypted: it may tell of people, or hold a new secret."""
