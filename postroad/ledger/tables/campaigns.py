"""Campaigns as they were launched: steps, texts, audience."""

from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base, RowId


class Campaign(Base):
    """A campaign as it was launched, and where it stands."""

    __tablename__ = "campaign"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str]
    settings: Mapped[dict[str, Any]]
    """The campaign file without its texts, which are in `step_text`."""
    state: Mapped[str]
    state_by: Mapped[str] = mapped_column(default="")
    state_reason: Mapped[str] = mapped_column(default="")
    staged_at: Mapped[int]
    started_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    canary_from: Mapped[int | None]
    """When it was resumed after its bounces had paused it; None where they never did."""


class Step(Base):
    """One step of a campaign, by position from 0."""

    __tablename__ = "step"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str]
    settings: Mapped[dict[str, Any]]
    """timing, thread, channel: see postroad.campaign.file.StepSettings."""
    version: Mapped[int] = mapped_column(Integer)
    """The version of the text that is sent from now on, where there are no variants."""
    removed_at: Mapped[int | None]
    """Since when nobody gets it any more."""
    winner: Mapped[str | None]
    """The variant that everybody gets from now on; empty where none was shown to be better."""
    judge_at: Mapped[int | None]
    """When its variants are compared, or looked at again; None at once."""


class StepVariant(Base):
    """One of several texts of a step."""

    __tablename__ = "step_variant"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    weight: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    """The version of the step's text that is sent from now on."""


class StepText(Base):
    """One version of a step's text; versions are never changed, so that history stays true."""

    __tablename__ = "step_text"
    __table_args__ = (Index(None, "library_name"),)

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    variant: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """Which of the step's variants it is a text of; empty where it has none."""
    template: Mapped[dict[str, Any]]
    """subject, text, html and attachments: see postroad.campaign.template.StepTemplate."""
    library_name: Mapped[str | None] = mapped_column(String(80))
    """The template of the shared library that it is made of."""
    library_version: Mapped[int | None] = mapped_column(Integer)


class Attachment(Base):
    """A file that steps attach or show inline, stored once per content."""

    __tablename__ = "attachment"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes]


class AudienceChunk(Base):
    """A part of the audience on its way from the starter to the enrolling activity."""

    __tablename__ = "audience_chunk"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    rows: Mapped[bytes | None]
    """Compressed JSON; emptied in the transaction that enrols it."""
    result: Mapped[dict[str, Any] | None]
    """The ChunkEnrolled of that transaction, so that a retry answers the same."""


class Rejection(Base):
    """An audience row that was not enrolled, and why."""

    __tablename__ = "rejection"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), index=True)
    row: Mapped[int]
    address: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[str]
