"""The organisation, its senders, and who must get nothing."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base, RowId


class Organisation(Base):
    """The one organisation of this ledger, as the workspace file describes it."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str]
    settings: Mapped[dict[str, Any]]


class Sender(Base):
    """A rep."""

    __tablename__ = "sender"

    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str]
    default_channel: Mapped[str | None]
    settings: Mapped[dict[str, Any]]


class Suppression(Base):
    """An address, or `@domain`, that must get nothing."""

    __tablename__ = "suppression"

    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    reason: Mapped[str]
    source: Mapped[str]
    at: Mapped[int]
