"""The last 24 hours: what left, what came back, and what is waited for."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, Integer, cast, func, select

from postroad.contracts import CampaignState, ChannelState, MessageState
from postroad.instants import HOUR, moment
from postroad.ledger.overview import Wait
from postroad.ledger.pages.scope import event_of
from postroad.ledger.tables import Campaign, Channel, Event, Message, QuotaTurn, Sequence
from postroad.wording import say_count

_HOURS = 24
_COUNTED = ("sent", "bounced", "soft_bounced", "replied", "unsubscribed", "failed")


class LastDay(BaseModel):
    """What happened in the last 24 hours, the present one included."""

    model_config = ConfigDict(frozen=True)

    sent: int = 0
    bounced: int = 0
    soft_bounced: int = 0
    replied: int = 0
    unsubscribed: int = 0
    failed: int = 0
    first_hour: int
    """The instant at which the first hour begins."""
    sent_by_hour: list[int]


def last_day(connection: Connection, now: int, sender: str | None) -> LastDay:
    """Count the events of the last 24 hours, by the index on their kind and time."""
    first = (now // HOUR - _HOURS + 1) * HOUR
    recent = (Event.at >= first, *event_of(sender))
    counts = dict(
        connection.execute(
            select(Event.event, func.count())
            .where(Event.event.in_(_COUNTED), *recent)
            .group_by(Event.event)
        )
        .tuples()
        .all()
    )
    hour = cast(Event.at / HOUR, Integer)
    by_hour = dict(
        connection.execute(
            select(hour, func.count()).where(Event.event == "sent", *recent).group_by(hour)
        )
        .tuples()
        .all()
    )
    hours = [by_hour.get(first // HOUR + number, 0) for number in range(_HOURS)]
    return LastDay(first_hour=first, sent_by_hour=hours, **counts)


def waits(connection: Connection, now: int, sender: str | None) -> list[Wait]:
    """Return what messages wait for at this moment, what needs somebody first."""
    own = () if sender is None else (Sequence.sender == sender,)
    return [
        *_uncertain(connection, own),
        *_paused(connection, own),
        *_stopped(connection, own),
        *_turns(connection, now, own),
    ]


_Own = tuple[ColumnElement[bool], ...]


def _uncertain(connection: Connection, own: _Own) -> Iterator[Wait]:
    number = connection.scalar(
        select(func.count())
        .select_from(Message)
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(Message.state == MessageState.UNCERTAIN, *own)
    )
    if number:
        yield Wait(words=f"{say_count(number, 'uncertain message')} for somebody to decide about")


def _paused(connection: Connection, own: _Own) -> Iterator[Wait]:
    paused = (
        select(Campaign.id, Campaign.state_by, Campaign.state_reason)
        .where(
            Campaign.state == CampaignState.PAUSED,
            Campaign.id.in_(select(Sequence.campaign_id).where(*own)),
        )
        .order_by(Campaign.id)
    )
    for row in connection.execute(paused):
        words = f"{row.id} is paused by {row.state_by}: {row.state_reason}"
        yield Wait(words=words.removesuffix(": "))


def _stopped(connection: Connection, own: _Own) -> Iterator[Wait]:
    """Messages that were given a channel which may not send now."""
    held = (
        select(Channel.id, Channel.state, Channel.state_reason, func.count().label("number"))
        .select_from(Sequence)
        .join(Campaign, Campaign.id == Sequence.campaign_id)
        .join(Channel, Channel.state != ChannelState.ACTIVE)
        .join(Message, (Message.sequence_id == Sequence.id) & (Message.channel_id == Channel.id))
        .where(
            Campaign.state == CampaignState.RUNNING,
            Message.state == MessageState.PLANNED,
            Message.due_at.is_not(None),
            *own,
        )
        .group_by(Channel.id, Channel.state, Channel.state_reason)
        .order_by(Channel.id)
    )
    for row in connection.execute(held):
        why = f" ({row.state_reason})" if row.state_reason else ""
        messages = say_count(row.number, "message")
        yield Wait(words=f"{messages} for {row.id}, which is {row.state}{why}")


def _turns(connection: Connection, now: int, own: _Own) -> Iterator[Wait]:
    """Sequences that wait for their turn, the next one on each channel."""
    turns = connection.execute(
        select(QuotaTurn.channel_id, QuotaTurn.told_at, QuotaTurn.messages, QuotaTurn.reason)
        .join(Sequence, Sequence.id == QuotaTurn.sequence_id)
        .where(QuotaTurn.told_at > now, *own)
        .order_by(QuotaTurn.channel_id, QuotaTurn.told_at)
    ).all()
    for channel in dict.fromkeys(turn.channel_id for turn in turns):
        queue = [turn for turn in turns if turn.channel_id == channel]
        messages = say_count(sum(turn.messages for turn in queue), "message")
        words = f"{messages} on {channel}: {queue[0].reason}"
        yield Wait(words=words, until=moment(queue[0].told_at))
