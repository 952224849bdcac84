"""The console: who may sign in, who is signed in, and what they changed."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base, RowId


class ConsoleUser(Base):
    """Somebody who signs in with a password kept here; others come through OpenID Connect."""

    __tablename__ = "console_user"

    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    role: Mapped[str]
    """See postroad.ledger.users.Role."""
    password_hash: Mapped[str]
    """Argon2id, with its own salt and parameters."""
    created_at: Mapped[int]


class ConsoleSession(Base):
    """A browser that is signed in."""

    __tablename__ = "console_session"

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the cookie's token, so that reading the ledger signs nobody in."""
    email: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    created_at: Mapped[int]
    expires_at: Mapped[int]


class SignInAttempt(Base):
    """An attempt to sign in, counted against an account and against a network address."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "subject", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    subject: Mapped[str]
    """`account:<email>` or `address:<IP address>`."""
    at: Mapped[int]


class AuditEntry(Base):
    """One change that somebody made in the console or through the API."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[int]
    by: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    """What was changed: the id of a campaign, an address, …"""
    detail: Mapped[str]
    concluded_at: Mapped[int | None]
    """When it was known that the change was made; None until then."""
