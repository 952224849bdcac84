"""Where a person stands in each campaign, and everything that decides about their next message."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, tuple_

from postroad.campaign.step import StepSettings
from postroad.channels.selection import Choice, choose_channel
from postroad.contracts import CampaignState, ChannelState, EnrollmentState, MessageState
from postroad.ledger.caps import held_by_caps
from postroad.ledger.channel_options import began_on, load_options, wish_of_step
from postroad.ledger.channel_state import channel_scope
from postroad.ledger.days_off import NO_DAYS_OFF, days_off
from postroad.ledger.limits import caps_in_force
from postroad.ledger.tables import (
    Campaign,
    Channel,
    Enrollment,
    Message,
    Pause,
    QuotaScope,
    QuotaTurn,
    Sender,
    Sequence,
    Step,
    Suppression,
)
from postroad.quota.caps import Later

_Row = Row[*tuple[Any, ...]]
_OPEN = (
    MessageState.PLANNED,
    MessageState.RESERVED,
    MessageState.SENDING,
    MessageState.UNCERTAIN,
    MessageState.OPEN,
)


@dataclass(frozen=True, slots=True)
class NextMessage:
    """A person's first message that has not come to an end."""

    id: int
    step: str
    settings: StepSettings
    state: MessageState
    due_at: int | None
    slot: int | None
    """When it may leave (reserved), or when it was tried (uncertain)."""
    wave: int | None
    deferrals: int
    reason: str
    zone: str
    """Whose clock counts for it."""
    after_step: str | None
    """The step before it, where there is one."""
    after_sent_at: int | None
    kept_back: Later | None
    """The cap that it waits for, where it is due."""


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """The channel that the next message waits for."""

    id: str
    state: ChannelState
    reason: str
    held_until: int = 0
    held_reason: str = ""
    told_at: int | None = None
    """When the sequence was told to come back, where it waits for its turn."""
    turn_reason: str = ""
    ahead: int = 0
    """Messages of the same sequence that leave before this one."""


@dataclass(frozen=True, slots=True)
class PersonPause:
    """Why nothing is sent to a person for now."""

    until: int | None
    """When they go on by themselves."""
    words: str
    """Who paused them, and why."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One person in one campaign."""

    recipient: str
    campaign: str
    campaign_state: CampaignState
    campaign_words: str
    """Who paused or cancelled it, and why."""
    sender: str
    state: EnrollmentState
    reason: str
    suppressed: str | None
    """Why the address or its domain is suppressed."""
    pause: PersonPause | None
    message: NextMessage | None
    channel: ChannelStanding | None
    choice: Choice | None
    """What the choice of a channel would answer now, where none was chosen yet."""


def standings(connection: Connection, address: str, now: int) -> list[Standing]:
    """Return where a normalised address stands, in its latest campaign first."""
    domain = address[address.rindex("@") :]
    suppressed = connection.execute(
        select(Suppression.reason).where(Suppression.address.in_((address, domain)))
    ).scalar()
    people = connection.execute(
        select(
            Enrollment.id,
            Enrollment.recipient,
            Enrollment.state,
            Enrollment.reason,
            Enrollment.timezone,
            Sender.timezone.label("sender_zone"),
            Sequence.campaign_id,
            Sequence.sender,
            Campaign.state.label("campaign_state"),
            Campaign.state_by,
            Campaign.state_reason,
            Pause.until,
            Pause.by.label("paused_by"),
            Pause.reason.label("pause_reason"),
        )
        .select_from(Enrollment)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .outerjoin(Sender, Sender.email == Sequence.sender)
        .outerjoin(Pause, Pause.enrollment_id == Enrollment.id)
        .where(Enrollment.address == address)
        .order_by(Campaign.staged_at.desc(), Enrollment.id.desc())
    ).all()
    return [_standing(connection, person, suppressed, now) for person in people]


def conversation_with(
    connection: Connection, campaign_id: str, address: str, root: int, position: int
) -> str | None:
    """Return the channel by which a person got the first mail of a conversation; None before it.

    Args:
        connection: a transaction.
        campaign_id: the campaign.
        address: the person's.
        root: the step that the conversation begins at.
        position: the step that answers.
    """
    return connection.scalar(
        began_on(root, position)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Enrollment.campaign_id == campaign_id, Enrollment.address == address)
    )


def _standing(connection: Connection, person: _Row, suppressed: str | None, now: int) -> Standing:
    row = _next_row(connection, person)
    channel = None if row is None else _channel(connection, row, now)
    choice = None
    if row is not None and row.channel_id is None:
        wish = wish_of_step(connection, person.campaign_id, person.sender, row.position, person.id)
        choice = choose_channel(wish, load_options(connection))
    by, why = person.state_by, person.state_reason
    return Standing(
        recipient=person.recipient,
        campaign=person.campaign_id,
        campaign_state=CampaignState(person.campaign_state),
        campaign_words=f"by {by}: {why}".removesuffix(": ") if by else why,
        sender=person.sender,
        state=EnrollmentState(person.state),
        reason=person.reason,
        suppressed=suppressed,
        pause=_pause(person),
        message=None if row is None else _next_message(connection, person, row, now),
        channel=channel,
        choice=choice,
    )


def _pause(person: _Row) -> PersonPause | None:
    if person.paused_by is None:
        return None
    words = f"by {person.paused_by}: {person.pause_reason}".removesuffix(": ")
    return PersonPause(person.until, words)


def _next_row(connection: Connection, person: _Row) -> _Row | None:
    return connection.execute(
        select(*Message.__table__.columns, Step.id.label("step"), Step.settings)
        .select_from(Message)
        .join(Step, and_(Step.campaign_id == person.campaign_id, Step.position == Message.position))
        .where(Message.enrollment_id == person.id, Message.state.in_(_OPEN))
        .order_by(Message.position)
        .limit(1)
    ).first()


def _next_message(connection: Connection, person: _Row, row: _Row, now: int) -> NextMessage:
    off = days_off(connection, [person.sender]).get(person.sender, NO_DAYS_OFF)
    settings = StepSettings.model_validate(row.settings).for_sender(off)
    before = connection.execute(
        select(Step.id, Message.sent_at)
        .select_from(Message)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .join(
            Step,
            and_(Step.campaign_id == Enrollment.campaign_id, Step.position == Message.position),
        )
        .where(Message.enrollment_id == row.enrollment_id, Message.position == row.position - 1)
    ).first()
    return NextMessage(
        id=row.id,
        step=row.step,
        settings=settings,
        state=MessageState(row.state),
        due_at=row.due_at,
        slot=row.charge_at,
        wave=row.wave,
        deferrals=row.deferrals,
        reason=row.reason,
        zone=settings.zone(person.timezone, person.sender_zone or "UTC"),
        after_step=None if before is None else before.id,
        after_sent_at=None if before is None else before.sent_at,
        kept_back=_kept_back(connection, person, row, now),
    )


def _kept_back(connection: Connection, person: _Row, row: _Row, now: int) -> Later | None:
    if row.state != MessageState.PLANNED or row.due_at is None or row.due_at > now:
        return None
    caps = caps_in_force(connection)
    return held_by_caps(connection, person.campaign_id, caps, [row.id], now, 0).get(row.id)


def _channel(connection: Connection, row: _Row, now: int) -> ChannelStanding | None:
    found = connection.execute(
        select(
            Channel.id,
            Channel.state,
            Channel.state_reason,
            QuotaScope.not_before,
            QuotaScope.not_before_reason,
            QuotaTurn.told_at,
            QuotaTurn.reason.label("turn_reason"),
        )
        .select_from(Channel)
        .outerjoin(QuotaScope, QuotaScope.key == channel_scope(row.channel_id or ""))
        .outerjoin(
            QuotaTurn,
            and_(QuotaTurn.channel_id == Channel.id, QuotaTurn.sequence_id == row.sequence_id),
        )
        .where(Channel.id == row.channel_id)
    ).first()
    if found is None:
        return None
    return ChannelStanding(
        id=found.id,
        state=ChannelState(found.state),
        reason=found.state_reason,
        held_until=found.not_before or 0,
        held_reason=found.not_before_reason or "",
        told_at=found.told_at,
        turn_reason=found.turn_reason or "",
        ahead=_ahead(connection, row, now),
    )


def _ahead(connection: Connection, row: _Row, now: int) -> int:
    """Count the sequence's messages for the same channel that are booked first."""
    if row.state != MessageState.PLANNED or row.due_at is None:
        return 0
    earlier = or_(
        Message.priority < row.priority,
        and_(
            Message.priority == row.priority,
            tuple_(Message.due_at, Message.id) < tuple_(row.due_at, row.id),
        ),
    )
    return connection.execute(
        select(func.count())
        .select_from(Message)
        .where(
            Message.sequence_id == row.sequence_id,
            Message.channel_id == row.channel_id,
            Message.state == MessageState.PLANNED,
            Message.due_at <= now,
            earlier,
        )
    ).scalar_one()
