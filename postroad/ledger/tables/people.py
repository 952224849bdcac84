"""People in campaigns."""

from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base, RowId


class Sequence(Base):
    """One campaign's steps as executed for one sender's people."""

    __tablename__ = "sequence"
    __table_args__ = (UniqueConstraint("campaign_id", "sender"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    sender: Mapped[str]


class Enrollment(Base):
    """One person in one campaign."""

    __tablename__ = "enrollment"
    __table_args__ = (
        UniqueConstraint("campaign_id", "address"),
        UniqueConstraint("campaign_id", "person_key"),
        Index(None, "address"),
        Index(None, "company"),
        Index(None, "sequence_id", "state"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    address: Mapped[str]
    """Normalised: domain in lower case and punycode, local part in lower case."""
    recipient: Mapped[str]
    """The address as the audience wrote it; what RCPT and To carry."""
    person_key: Mapped[str]
    """Random, so that nobody can guess another person's X-Postroad-Message."""
    company: Mapped[str | None]
    """Same for all people of a company: see postroad.campaign.company."""
    fields: Mapped[dict[str, Any]]
    timezone: Mapped[str | None]
    row: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class Pause(Base):
    """A person to whom nothing is sent for now, in one campaign."""

    __tablename__ = "pause"

    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollment.id"), primary_key=True)
    at: Mapped[int]
    until: Mapped[int | None]
    """When they go on by themselves; None never."""
    by: Mapped[str]
    reason: Mapped[str]
    message: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    """What it holds back; None while nothing was to leave."""
    due_at: Mapped[int | None]
    """When that was due."""
