"""Who waits for which limit."""

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base


class QuotaScope(Base):
    """A scope's lock row, the provider's latest "slow down", and its fair-queueing clock."""

    __tablename__ = "quota_scope"

    key: Mapped[str] = mapped_column(String(330), primary_key=True)
    """`channel:<id>`, `domain:<name>` or `organisation`."""
    not_before: Mapped[int] = mapped_column(default=0)
    not_before_reason: Mapped[str] = mapped_column(default="")
    virtual_time: Mapped[int] = mapped_column(default=0)


class QuotaShare(Base):
    """How far one campaign got on one channel in fair-queueing time, in messages."""

    __tablename__ = "quota_share"

    channel_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    finish: Mapped[int]


class QuotaTurn(Base):
    """A sequence that waits for its turn on a channel."""

    __tablename__ = "quota_turn"

    channel_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), primary_key=True)
    campaign_id: Mapped[str]
    priority: Mapped[int] = mapped_column(Integer)
    messages: Mapped[int] = mapped_column(Integer)
    asked_at: Mapped[int]
    told_at: Mapped[int]
    """The instant it was told to come back at."""
    reason: Mapped[str]
