"""The ledger's tables. Instants are milliseconds since the epoch, UTC.

The messages are the charges: a message's `charge_at` is the time at which it counts against
every limit it falls under, so that quota and outcome can never disagree.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite only auto-numbers columns declared INTEGER."""

_PLANNED = text("state = 'planned' AND due_at IS NOT NULL")
_IN_WAVE = text("wave IS NOT NULL")
_CHARGED = text("charge_at IS NOT NULL")
_UNCERTAIN = text("state = 'uncertain'")
_SENDING = text("state = 'sending'")
_HANDED_OVER = text("message_id IS NOT NULL")
_IN_THREAD = text("thread_id IS NOT NULL")


class Base(DeclarativeBase):
    """Every table of the ledger."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        int: BigInteger,
        str: Text,
        bytes: LargeBinary,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


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


class Step(Base):
    """One step of a campaign, by position from 0."""

    __tablename__ = "step"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str]
    settings: Mapped[dict[str, Any]]
    """wait, window, thread, channel: see postroad.campaign.file.StepSettings."""
    version: Mapped[int] = mapped_column(Integer)
    """The version of the text that is sent from now on."""


class StepText(Base):
    """One version of a step's text; versions are never changed, so that history stays true."""

    __tablename__ = "step_text"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    template: Mapped[dict[str, Any]]
    """subject, text, html and attachments: see postroad.campaign.template.StepTemplate."""


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
    fields: Mapped[dict[str, Any]]
    timezone: Mapped[str | None]
    row: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


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


class Mailbox(Base):
    """How far a channel's inbox has been read."""

    __tablename__ = "mailbox"

    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    cursor: Mapped[str]
    """The provider's; opaque."""
    read_at: Mapped[int]


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

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[int]
    event: Mapped[str]
    campaign_id: Mapped[str | None] = mapped_column(index=True)
    enrollment_id: Mapped[int | None] = mapped_column(index=True)
    position: Mapped[int | None] = mapped_column(Integer)
    channel_id: Mapped[str | None]
    detail: Mapped[str] = mapped_column(default="")


class Suppression(Base):
    """An address, or `@domain`, that must get nothing."""

    __tablename__ = "suppression"

    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    reason: Mapped[str]
    source: Mapped[str]
    at: Mapped[int]


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


class ConnectionLease(Base):
    """A worker's right to keep one connection to a channel open, until it expires."""

    __tablename__ = "connection_lease"

    channel_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    holder: Mapped[str]
    expires_at: Mapped[int]
