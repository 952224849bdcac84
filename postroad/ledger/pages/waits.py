"""What messages wait for at this moment."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, func, select

from postroad.contracts import CampaignState, ChannelState, MessageState
from postroad.instants import moment
from postroad.ledger.overview import Wait
from postroad.ledger.tables import Campaign, Channel, Message, QuotaTurn, Sequence
from postroad.wording import say_count

_Own = tuple[ColumnElement[bool], ...]
"""Conditions of the sequences that are asked about."""


def waits(
    connection: Connection, now: int, *, sender: str | None, campaign: str | None = None
) -> list[Wait]:
    """Return what messages wait for at this moment, what needs somebody first.

    Args:
        connection: a transaction.
        now: the present instant.
        sender: only this sender's messages.
        campaign: only this campaign's.
    """
    own: _Own = ()
    if sender is not None:
        own = (*own, Sequence.sender == sender)
    if campaign is not None:
        own = (*own, Sequence.campaign_id == campaign)
    return [
        *_for_somebody(connection, own),
        *_paused(connection, own),
        *_stopped(connection, own),
        *_turns(connection, now, own),
    ]


def _for_somebody(connection: Connection, own: _Own) -> Iterator[Wait]:
    """What nobody but a person can settle."""
    for state, words in (
        (MessageState.UNCERTAIN, "{} for somebody to decide about"),
        (MessageState.OPEN, "{} for somebody to do"),
    ):
        number = connection.scalar(
            select(func.count())
            .select_from(Message)
            .join(Sequence, Sequence.id == Message.sequence_id)
            .where(Message.state == state, *own)
        )
        if number:
            what = "uncertain message" if state is MessageState.UNCERTAIN else "task"
            yield Wait(words=words.format(say_count(number, what)))


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
