"""Delivery channels, and what is known of them."""

from typing import Any

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base


class Channel(Base):
    """A delivery channel; its secrets are encrypted with the installation's secret key."""

    __tablename__ = "channel"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str]
    address: Mapped[str | None]
    shared: Mapped[bool]
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[str]
    """Fernet token of a JSON object; never printed."""
    tokens: Mapped[str] = mapped_column(default="")
    """As `secrets`: what was obtained since they were applied, such as a refresh token."""
    state: Mapped[str] = mapped_column(default="active")
    state_reason: Mapped[str] = mapped_column(default="")
    state_at: Mapped[int]
    canary_from: Mapped[int | None]
    """When it was resumed after its bounces had paused it; None where they never did."""


class SenderIdentity(Base):
    """A From address on a channel that lets people write any: verified by a mailed token."""

    __tablename__ = "sender_identity"

    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    token_digest: Mapped[str]
    """SHA-256 of the token, so that reading the ledger verifies nobody."""
    asked_at: Mapped[int]
    verified_at: Mapped[int | None]


class DomainHealth(Base):
    """What DNS said last about a From domain on a channel: SPF, DKIM, DMARC."""

    __tablename__ = "domain_health"

    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    checked_at: Mapped[int]
    findings: Mapped[list[Any]]


class HandSent(Base):
    """Mail that a person sent from a channel's mailbox themselves: it counts against its limits."""

    __tablename__ = "hand_sent"

    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    at: Mapped[int] = mapped_column(primary_key=True)
    messages: Mapped[int] = mapped_column(Integer)
    """How many left in this millisecond."""


class Mailbox(Base):
    """How far a channel's inbox has been read."""

    __tablename__ = "mailbox"

    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    cursor: Mapped[str]
    """The provider's; opaque."""
    read_at: Mapped[int]


class ConnectionLease(Base):
    """A worker's right to keep one connection to a channel open, until it expires."""

    __tablename__ = "connection_lease"

    channel_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    holder: Mapped[str]
    expires_at: Mapped[int]
