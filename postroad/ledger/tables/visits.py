"""Who opened tracked mails and followed their links."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base, RowId

_UNJUDGED = text("judged_at IS NULL")


class Visit(Base):
    """A mail's image was fetched once, or one of its links followed; no address, no browser."""

    __tablename__ = "visit"
    __table_args__ = (
        Index("ix_visit_unjudged", "at", sqlite_where=_UNJUDGED, postgresql_where=_UNJUDGED),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    message: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    deed: Mapped[str]
    """`opened` or `clicked`: see postroad.campaign.conditions.Deed."""
    at: Mapped[int]
    target: Mapped[str]
    """Where the link leads; empty for an image."""
    machine: Mapped[str]
    """By what we know that it was no person; empty for what may be one."""
    judged_at: Mapped[int | None]
    """None until it is known what else happened at the same time."""
