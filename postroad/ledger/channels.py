"""Channels as operators see them: state, limits, use, who waits; pausing and resuming."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, case, exists, func, insert, or_, select, update

from postroad.contracts import (
    CampaignState,
    ChannelState,
    MessageState,
    sequence_workflow_id,
)
from postroad.instants import DAY, moment
from postroad.ledger.bounce_rates import TOO_MANY
from postroad.ledger.channel_state import channel_scope, stop_channel
from postroad.ledger.limits import described, limits_in_force
from postroad.ledger.tables import (
    Campaign,
    Channel,
    Event,
    Message,
    QuotaScope,
    QuotaTurn,
    Sequence,
)

_CHARGED = (MessageState.SENT, MessageState.UNCERTAIN)


class ChannelOverview(BaseModel):
    """One row of `channel list --json`."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    address: str | None
    shared: bool
    state: ChannelState
    reason: str
    since: datetime
    limits: list[str]
    """The limits of the channel, its throttle among them, as people write them: `600 per 1m`."""
    sent_24h: int
    """Messages that left, or may have left, in the last 24 hours."""
    held_until: datetime | None
    """The provider asked us to send nothing before this instant."""
    held_reason: str
    turns_waiting: int
    """Sequences that wait for their turn."""
    messages_waiting: int
    next_turn_at: datetime | None


def list_channels(connection: Connection, now: int) -> list[ChannelOverview]:
    """Return every channel by id, with its use and its queue."""
    sent = _sent_by_channel(connection, now - DAY)
    turns = select(
        QuotaTurn.channel_id,
        func.count().label("turns"),
        func.sum(QuotaTurn.messages).label("messages"),
        func.min(QuotaTurn.told_at).label("next_at"),
    ).group_by(QuotaTurn.channel_id)
    waiting = {row.channel_id: row for row in connection.execute(turns)}
    holds = {
        row.key: row
        for row in connection.execute(
            select(QuotaScope.key, QuotaScope.not_before, QuotaScope.not_before_reason).where(
                QuotaScope.not_before > now
            )
        )
    }
    overviews = []
    for row in connection.execute(select(*Channel.__table__.columns).order_by(Channel.id)):
        turn = waiting.get(row.id)
        hold = holds.get(channel_scope(row.id))
        overviews.append(
            ChannelOverview(
                id=row.id,
                kind=row.kind,
                address=row.address,
                shared=row.shared,
                state=ChannelState(row.state),
                reason=row.state_reason,
                since=moment(row.state_at),
                limits=_limits(connection, row.id, now),
                sent_24h=sent.get(row.id, 0),
                held_until=None if hold is None else moment(hold.not_before),
                held_reason="" if hold is None else hold.not_before_reason,
                turns_waiting=0 if turn is None else turn.turns,
                messages_waiting=0 if turn is None else int(turn.messages),
                next_turn_at=None if turn is None else moment(turn.next_at),
            )
        )
    return overviews


def _limits(connection: Connection, channel: str, now: int) -> list[str]:
    """Say each of a channel's own limits, its pace among them."""
    limits = limits_in_force(described(connection, channel))
    pace = [] if limits.spacing is None else [str(limits.spacing)]
    return [*(limit.as_of(now) for limit in limits.channel), *pace]


def kinds_in_use(connection: Connection) -> list[str]:
    """Return the kinds of the channels that there are."""
    return list(connection.scalars(select(Channel.kind).distinct().order_by(Channel.kind)))


def channel_state(connection: Connection, channel: str) -> tuple[ChannelState, str] | None:
    """Return a channel's state and its reason; None where the workspace has no such channel."""
    row = connection.execute(
        select(Channel.state, Channel.state_reason).where(Channel.id == channel)
    ).first()
    return None if row is None else (ChannelState(row.state), row.state_reason)


def pause_channel(connection: Connection, channel: str, by: str, reason: str, now: int) -> None:
    """Take an active channel out of service; its messages stay due."""
    words = f"paused by {by}: {reason}" if reason else f"paused by {by}"
    stop_channel(connection, channel, ChannelState.PAUSED, words, now)


def resume_channel(connection: Connection, channel: str, by: str, now: int) -> list[str]:
    """Put a channel back into service.

    A provider's "slow down" stays in force: the provider has not changed its mind.

    Returns:
        The workflow ids of the sequences that have work for it, to be woken.
    """
    paused_itself = Channel.state_reason.startswith(TOO_MANY)
    resumed = connection.execute(
        update(Channel)
        .where(Channel.id == channel, Channel.state != ChannelState.ACTIVE)
        .values(
            state=ChannelState.ACTIVE,
            state_reason="",
            state_at=now,
            canary_from=case((paused_itself, now), else_=Channel.canary_from),
        )
    ).rowcount
    if not resumed:
        return []
    connection.execute(
        insert(Event).values(
            at=now, event="channel_resumed", channel_id=channel, detail=f"resumed by {by}"
        )
    )
    return sequences_with_work(connection, channel, now)


def _sent_by_channel(connection: Connection, since: int) -> dict[str, int]:
    """Count by charge, one range of the charge index per channel."""
    number = (
        select(func.count())
        .select_from(Message)
        .where(
            Message.channel_id == Channel.id,
            Message.charge_at > since,
            Message.state.in_(_CHARGED),
        )
        .scalar_subquery()
    )
    return {
        row.id: row.number for row in connection.execute(select(Channel.id, number.label("number")))
    }


def sequences_with_work(connection: Connection, channel: str, now: int) -> list[str]:
    """Find sequences with messages for the channel, or held because none could be chosen."""
    work = exists().where(
        Message.sequence_id == Sequence.id,
        Message.state == MessageState.PLANNED,
        Message.due_at <= now,
        or_(Message.channel_id == channel, Message.channel_id.is_(None)),
    )
    rows = connection.execute(
        select(Sequence.campaign_id, Sequence.sender)
        .join(Campaign, Campaign.id == Sequence.campaign_id)
        .where(Campaign.state == CampaignState.RUNNING, work)
        .order_by(Sequence.id)
    )
    return [sequence_workflow_id(row.campaign_id, row.sender) for row in rows]
