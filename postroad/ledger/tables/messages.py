"""Messages, what came back for them, and the live feed."""

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base, RowId

_PLANNED = text("state = 'planned' AND due_at IS NOT NULL")
_IN_WAVE = text("wave IS NOT NULL")
_CHARGED = text("charge_at IS NOT NULL")
_UNCERTAIN = text("state = 'uncertain'")
_SENDING = text("state = 'sending'")
_OPEN = text("state = 'open'")
_HANDED_OVER = text("message_id IS NOT NULL")
_IN_THREAD = text("thread_id IS NOT NULL")
CAME_BACK = text(
    "event IN ('bounced', 'soft_bounced', 'replied', 'unsubscribed', 'complained', "
    "'opened', 'clicked', 'opened_by_machine', 'clicked_by_machine')"
)
"""The condition of `ix_event_came_back`; SQLite uses that index where a query says the same."""


class Message(Base):
    """One enrollment × one step: the unit that is sent once."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "position"),
        Index(
            "ix_message_due", "sequence_id", "channel_id", "priority", "due_at", "id",
            sqlite_where=_PLANNED, postgresql_where=_PLANNED,
        ),
        Index(
            "ix_message_wave", "sequence_id", "wave",
            sqlite_where=_IN_WAVE, postgresql_where=_IN_WAVE,
        ),
        Index(
            "ix_message_channel_charge", "channel_id", "charge_at",
            sqlite_where=_CHARGED, postgresql_where=_CHARGED,
        ),
        Index(
            "ix_message_domain_charge", "domain", "charge_at",
            sqlite_where=_CHARGED, postgresql_where=_CHARGED,
        ),
        Index(
            "ix_message_sending", "channel_id",
            sqlite_where=_SENDING, postgresql_where=_SENDING,
        ),
        Index(
            "ix_message_uncertain", "sequence_id",
            sqlite_where=_UNCERTAIN, postgresql_where=_UNCERTAIN,
        ),
        Index("ix_message_open", "sequence_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_message_message_id", "message_id",
            sqlite_where=_HANDED_OVER, postgresql_where=_HANDED_OVER,
        ),
        Index(
            "ix_message_thread", "thread_id",
            sqlite_where=_IN_THREAD, postgresql_where=_IN_THREAD,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollment.id"))
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    position: Mapped[int] = mapped_column(Integer)
    priority: Mapped[int] = mapped_column(Integer)
    """0 interactive, 1 follow-up, 2 first touch: see postroad.quota.turns."""
    domain: Mapped[str]
    state: Mapped[str]
    due_at: Mapped[int | None]
    """None while an earlier step is still to be sent."""
    channel_id: Mapped[str | None]
    wave: Mapped[int | None] = mapped_column(Integer)
    """Number of the wave, within its sequence, that carries or carried this message."""
    charge_at: Mapped[int | None]
    """Reserved: its slot. Sent, uncertain or dismissed: when it left, or may have. Else None."""
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    """The activity attempt that marked it sending; fences off a stalled earlier attempt."""
    deferrals: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int | None] = mapped_column(Integer)
    """The text version that was sent."""
    message_id: Mapped[str | None]
    """The Message-ID it carries, ours or its provider's; None until it was handed over."""
    provider_id: Mapped[str | None]
    thread_id: Mapped[str | None]
    """The provider's id of the thread it is in."""
    sent_at: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")


class ReturnedTry(Base):
    """A try of a message that came back undelivered before it was sent again.

    It did leave, so it counts against every limit as the message itself does.
    """

    __tablename__ = "returned_try"
    __table_args__ = (Index(None, "channel_id", "charge_at"), Index(None, "domain", "charge_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    message: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"))
    domain: Mapped[str]
    charge_at: Mapped[int]
    """When it left."""
    provider_id: Mapped[str | None]
    at: Mapped[int]
    """When it came back."""
    reason: Mapped[str]


class Outcome(Base):
    """What a mail that came back meant for a message; one row however often it is read."""

    __tablename__ = "outcome"
    __table_args__ = (
        UniqueConstraint("channel_id", "provider_id", "kind"),
        Index(None, "message"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"))
    provider_id: Mapped[str]
    """The provider's id of the mail that came back, the same on every reading."""
    kind: Mapped[str]
    """See postroad.inbox.outcome.OutcomeKind."""
    message: Mapped[int] = mapped_column(ForeignKey("message.id"))
    """Row id of our message that it is about."""
    basis: Mapped[str]
    """By what it was matched: see postroad.inbox.matching.Basis."""
    status: Mapped[str | None]
    reason: Mapped[str | None]
    at: Mapped[int]
    """When the mailbox took it."""


class Event(Base):
    """The live feed: append-only, what people watch and `trace` tells."""

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "event", "at"),
        Index(
            "ix_event_came_back", "campaign_id", "event", "position", "enrollment_id",
            sqlite_where=CAME_BACK, postgresql_where=CAME_BACK,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[int]
    event: Mapped[str]
    campaign_id: Mapped[str | None] = mapped_column(index=True)
    enrollment_id: Mapped[int | None] = mapped_column(index=True)
    position: Mapped[int | None] = mapped_column(Integer)
    channel_id: Mapped[str | None]
    detail: Mapped[str] = mapped_column(default="")
