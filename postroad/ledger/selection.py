"""Giving due messages their delivery channel, and saying what is due next."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from postroad.channels.options import stands_still
from postroad.contracts import (
    CampaignState,
    ChannelSelected,
    ChannelsSelected,
    ChannelState,
    EnrollmentState,
    MessageState,
    SelectChannel,
    WorkHeld,
)
from postroad.instants import moment
from postroad.ledger import tables
from postroad.ledger.bounce_rates import why_paused_itself
from postroad.ledger.pausing import count_paused
from postroad.ledger.selecting import Selecting
from postroad.ledger.sequences import sequence_id
from postroad.ledger.tables import Campaign, Enrollment, Message
from postroad.quota.turns import Priority


def select_channels(
    connection: Connection,
    request: SelectChannel,
    now: int,
    networks: Mapping[str, str] | None = None,
) -> ChannelsSelected:
    """Choose channels for the sequence's due messages, follow-ups before first touches.

    Args:
        connection: a write transaction.
        request: which sequence, and how many messages at most.
        now: the present instant.
        networks: the mail networks of recipient domains, where they were looked up.
    """
    sequence = sequence_id(connection, request.campaign_id, request.sender)
    if not _is_running(connection, request.campaign_id):
        return ChannelsSelected(
            channels=[],
            people_open=_people_open(connection, sequence),
            paused=why_paused_itself(connection, request.campaign_id),
        )
    selecting = Selecting(connection, request, sequence, now, networks or {})
    selecting.run()
    next_due = None if selecting.more_due else _next_due(connection, sequence, now)
    waiting = _waiting(connection, sequence, now, request.at_most)
    options = selecting.options
    stopped = {channel for channel in waiting if options[channel].state is not ChannelState.ACTIVE}
    return ChannelsSelected(
        channels=[
            ChannelSelected(
                channel=channel,
                messages=messages,
                why=selecting.why(channel),
                kind=options[channel].kind,
            )
            for channel, messages in waiting.items()
            if channel not in stopped
        ],
        held=[
            *(WorkHeld(messages=count, reason=why) for why, count in selecting.held.items()),
            *(
                WorkHeld(messages=waiting[channel], reason=stands_still(options[channel]))
                for channel in sorted(stopped)
            ),
        ],
        more_due=selecting.more_due,
        next_due_at=None if next_due is None else moment(next_due[0]),
        next_due_step=None if next_due is None else selecting.steps[next_due[1]].id,
        people_open=_people_open(connection, sequence),
        uncertain=_count(connection, sequence, MessageState.UNCERTAIN),
        people_paused=count_paused(connection, Enrollment.sequence_id == sequence),
        tasks=_count(connection, sequence, MessageState.OPEN),
    )


def _waiting(connection: Connection, sequence: int, now: int, at_most: int) -> dict[str, int]:
    """Count the messages that wait for a wave, per channel; older choices count as well."""
    waiting = (
        select(Message.channel_id)
        .where(
            Message.sequence_id == sequence,
            Message.channel_id.is_not(None),
            Message.state == MessageState.PLANNED,
            Message.due_at <= now,
        )
        .limit(at_most)
        .subquery()
    )
    rows = connection.execute(
        select(waiting.c.channel_id, func.count())
        .group_by(waiting.c.channel_id)
        .order_by(waiting.c.channel_id)
    )
    return {channel: messages for channel, messages in rows if channel is not None}


def _next_due(connection: Connection, sequence: int, now: int) -> tuple[int, int] | None:
    """Return (when, position) of the message that falls due next."""
    found: list[tuple[int, int]] = []
    for priority in Priority:  # one index seek each, instead of a walk over everyone who waits
        row = connection.execute(
            select(Message.due_at, Message.position)
            .where(
                Message.sequence_id == sequence,
                Message.channel_id.is_(None),
                Message.priority == priority,
                Message.state == MessageState.PLANNED,
                Message.due_at > now,
            )
            .order_by(Message.due_at)
            .limit(1)
        ).first()
        if row is not None and row.due_at is not None:
            found.append((row.due_at, row.position))
    return min(found, default=None)


def _is_running(connection: Connection, campaign_id: str) -> bool:
    state = connection.scalar(select(Campaign.state).where(Campaign.id == campaign_id))
    return state == CampaignState.RUNNING


def _people_open(connection: Connection, sequence: int) -> bool:
    someone = select(Enrollment.id).where(
        Enrollment.sequence_id == sequence, Enrollment.state == EnrollmentState.ACTIVE
    )
    return connection.execute(someone.limit(1)).first() is not None


def _count(connection: Connection, sequence: int, state: MessageState) -> int:
    return connection.execute(
        select(func.count())
        .select_from(tables.Message)
        .where(Message.sequence_id == sequence, Message.state == state)
    ).scalar_one()
