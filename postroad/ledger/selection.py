"""Giving due messages their delivery channel, and saying what is due next."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select, update

from postroad.channels.selection import (
    ChannelOption,
    ChannelWish,
    Chosen,
    NoChannel,
    choose_channel,
    stands_still,
)
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
from postroad.ledger.sequences import sequence_id
from postroad.ledger.steps import CampaignStep, load_settings, load_steps
from postroad.ledger.tables import Campaign, Channel, Enrollment, Event, Message, Sender
from postroad.quota.turns import Priority


def select_channels(connection: Connection, request: SelectChannel, now: int) -> ChannelsSelected:
    """Choose channels for the sequence's due messages, follow-ups before first touches."""
    sequence = sequence_id(connection, request.campaign_id, request.sender)
    if not _is_running(connection, request.campaign_id):
        return ChannelsSelected(channels=[], people_open=_people_open(connection, sequence))
    steps = load_steps(connection, request.campaign_id)
    wishes = _wishes(connection, request, steps)
    options = load_options(connection)
    reasons: dict[str, str] = {}
    held: list[WorkHeld] = []
    room = request.at_most
    more_due = False
    for position, due in _due_by_position(connection, sequence, now, request.at_most):
        choice = choose_channel(wishes[position], options)
        if isinstance(choice, NoChannel):
            held.append(WorkHeld(messages=due, reason=choice.why))
            continue
        reasons[choice.channel] = choice.why
        assigned = _assign(connection, sequence, position, choice, now, room)
        _tell_selected(connection, request.campaign_id, position, choice, assigned, now)
        more_due = more_due or due > assigned
        room -= assigned
    next_due = None if more_due else _next_due(connection, sequence, now)
    waiting = _waiting(connection, sequence, now, request.at_most)
    stopped = {channel for channel in waiting if options[channel].state is not ChannelState.ACTIVE}
    held += [
        WorkHeld(messages=waiting[channel], reason=stands_still(options[channel]))
        for channel in sorted(stopped)
    ]
    return ChannelsSelected(
        channels=[
            ChannelSelected(
                channel=channel, messages=messages, why=reasons.get(channel, "chosen earlier")
            )
            for channel, messages in waiting.items()
            if channel not in stopped
        ],
        held=held,
        more_due=more_due,
        next_due_at=None if next_due is None else moment(next_due[0]),
        next_due_step=None if next_due is None else steps[next_due[1]].id,
        people_open=_people_open(connection, sequence),
        uncertain=_uncertain(connection, sequence),
    )


def load_options(connection: Connection) -> dict[str, ChannelOption]:
    """Return every channel as the choice sees it."""
    rows = connection.execute(
        select(
            Channel.id,
            Channel.kind,
            Channel.address,
            Channel.shared,
            Channel.state,
            Channel.state_reason,
        )
    )
    return {
        row.id: ChannelOption(
            row.id, row.kind, row.address, row.shared, ChannelState(row.state), row.state_reason
        )
        for row in rows
    }


def _wishes(
    connection: Connection, request: SelectChannel, steps: Iterable[CampaignStep]
) -> dict[int, ChannelWish]:
    settings = load_settings(connection, request.campaign_id)
    default = connection.scalar(
        select(Sender.default_channel).where(Sender.email == request.sender)
    )
    return {
        step.position: ChannelWish(
            sender=request.sender,
            step_channel=step.settings.channel,
            campaign_channel=settings.channel,
            default_channel=default,
        )
        for step in steps
    }


def _due_by_position(
    connection: Connection, sequence: int, now: int, at_most: int
) -> list[tuple[int, int]]:
    """Return (position, due messages) of those without a channel, follow-ups first."""
    due = (
        select(Message.position, Message.priority)
        .where(
            Message.sequence_id == sequence,
            Message.channel_id.is_(None),
            Message.state == MessageState.PLANNED,
            Message.due_at <= now,
        )
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(at_most + 1)
        .subquery()
    )
    rows = connection.execute(
        select(due.c.position, func.count())
        .group_by(due.c.priority, due.c.position)
        .order_by(due.c.priority, due.c.position.desc())
    )
    return [(position, count) for position, count in rows]


def _assign(
    connection: Connection, sequence: int, position: int, choice: Chosen, now: int, room: int
) -> int:
    ready = (
        select(Message.id)
        .where(
            Message.sequence_id == sequence,
            Message.channel_id.is_(None),
            Message.state == MessageState.PLANNED,
            Message.due_at <= now,
            Message.position == position,
        )
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(room)
    )
    return connection.execute(
        update(Message).where(Message.id.in_(ready)).values(channel_id=choice.channel)
    ).rowcount


def _tell_selected(
    connection: Connection,
    campaign_id: str,
    position: int,
    choice: Chosen,
    assigned: int,
    now: int,
) -> None:
    if assigned:
        connection.execute(
            insert(Event).values(
                at=now,
                event="selected",
                campaign_id=campaign_id,
                position=position,
                channel_id=choice.channel,
                detail=f"{assigned} messages: {choice.why}",
            )
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


def _uncertain(connection: Connection, sequence: int) -> int:
    return connection.execute(
        select(func.count())
        .select_from(tables.Message)
        .where(Message.sequence_id == sequence, Message.state == MessageState.UNCERTAIN)
    ).scalar_one()
