"""After a pause for hard bounces: a few mails first, and the rest once they had time to bounce."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select, update

from postroad.campaign.bounce_policy import BounceRate
from postroad.instants import milliseconds
from postroad.ledger.bounce_rates import bounce_rate
from postroad.ledger.tables import Campaign, Channel, Message, Sequence


@dataclass(frozen=True, slots=True)
class CanaryRoom:
    """How many messages may leave while a canary is out."""

    messages: int
    until: int | None = None
    """Until when its bounces are waited for, where none may leave."""
    reason: str = ""


def canary_room(connection: Connection, channel: str, campaign: str, now: int) -> CanaryRoom | None:
    """Return what a canary of the channel or the campaign leaves room for; None without one.

    Args:
        connection: a transaction that holds the channel's lock.
        channel: the channel.
        campaign: the campaign.
        now: the present instant.
    """
    rooms = [
        room
        for room in (_of_channel(connection, channel, now), _of_campaign(connection, campaign, now))
        if room is not None
    ]
    return min(rooms, key=lambda room: room.messages, default=None)


def _of_channel(connection: Connection, channel: str, now: int) -> CanaryRoom | None:
    since = connection.scalar(select(Channel.canary_from).where(Channel.id == channel))
    if since is None:
        return None
    room = _room(connection, channel, Message.channel_id == channel, since, now)
    if room is None:
        connection.execute(update(Channel).where(Channel.id == channel).values(canary_from=None))
    return room


def _of_campaign(connection: Connection, campaign: str, now: int) -> CanaryRoom | None:
    since = connection.scalar(select(Campaign.canary_from).where(Campaign.id == campaign))
    if since is None:
        return None
    # Its sequences book on several channels at once: locked, so that they share one canary.
    connection.execute(select(Campaign.id).where(Campaign.id == campaign).with_for_update())
    theirs = Message.sequence_id.in_(select(Sequence.id).where(Sequence.campaign_id == campaign))
    return _room(connection, campaign, theirs, since, now)


def _room(
    connection: Connection, name: str, messages: ColumnElement[bool], since: int, now: int
) -> CanaryRoom | None:
    rate = bounce_rate(connection)
    if rate is None:
        return None
    left = (messages, Message.charge_at >= since)
    count = connection.execute(select(func.count()).where(*left)).scalar_one()
    if count < rate.canary:
        return CanaryRoom(rate.canary - count)
    return _after(connection, name, left, rate, now)


def _after(
    connection: Connection,
    name: str,
    left: tuple[ColumnElement[bool], ...],
    rate: BounceRate,
    now: int,
) -> CanaryRoom | None:
    """Return the wait for the canary's bounces; None when it is over."""
    last = connection.scalar(
        select(Message.charge_at)
        .where(*left)
        .order_by(Message.charge_at)
        .offset(rate.canary - 1)
        .limit(1)
    )
    until = (last or now) + milliseconds(rate.canary_wait)
    if until <= now:
        return None
    reason = f"because {name} was resumed, and its first {rate.canary} mails may still bounce"
    return CanaryRoom(0, until, reason)
