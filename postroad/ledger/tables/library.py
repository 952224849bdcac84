"""The shared library of texts."""

from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base


class LibraryText(Base):
    """One version of a template or a snippet; versions are never changed."""

    __tablename__ = "library_text"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    """template or snippet."""
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    source: Mapped[str]
    """The file as its author wrote it."""
    template: Mapped[dict[str, Any]]
    """See postroad.campaign.template.StepTemplate; its snippets are still names."""
    stored_at: Mapped[int]
    stored_by: Mapped[str]
