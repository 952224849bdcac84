"""All campaigns at a glance: how far each one is, and what it waits for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, func, or_, select

from postroad.contracts import CampaignState, ChannelState, MessageState
from postroad.instants import DAY, moment
from postroad.ledger.counts import MessageCount, PeopleCount
from postroad.ledger.reports import count_messages, count_people
from postroad.ledger.tables import Campaign, Channel, Message, QuotaTurn, Sequence
from postroad.quota.reasons import time_of_day
from postroad.quota.turns import Priority
from postroad.wording import say_count

RECENT_DAYS = 7
"""Campaigns that ended longer ago are left out, unless asked for."""


class Wait(BaseModel):
    """One thing a campaign waits for."""

    model_config = ConfigDict(frozen=True)

    words: str
    """What it is, and until when."""
    until: datetime | None = None
    """When it is over, for programs; None where somebody has to act."""


class CampaignOverview(BaseModel):
    """One row of `status --json`."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    name: str
    state: CampaignState
    people: PeopleCount
    messages: MessageCount
    waits: list[Wait]
    started_at: datetime | None
    ended_at: datetime | None


def list_campaigns(connection: Connection, now: int, *, everything: bool) -> list[str]:
    """Return campaign ids, the latest first; without those that ended days ago unless asked."""
    statement = select(Campaign.id).order_by(Campaign.staged_at.desc(), Campaign.id)
    if not everything:
        recent = Campaign.ended_at >= now - RECENT_DAYS * DAY
        statement = statement.where(or_(Campaign.ended_at.is_(None), recent))
    return list(connection.scalars(statement))


def campaign_state(connection: Connection, campaign_id: str) -> CampaignState | None:
    """Return where a campaign stands; None where the ledger has no such campaign."""
    state = connection.execute(select(Campaign.state).where(Campaign.id == campaign_id)).scalar()
    return None if state is None else CampaignState(state)


def campaign_overview(
    connection: Connection, campaign_id: str, now: int
) -> CampaignOverview | None:
    """Return how far a campaign is; None where the ledger has no such campaign."""
    row = connection.execute(
        select(
            Campaign.name,
            Campaign.state,
            Campaign.state_by,
            Campaign.state_reason,
            Campaign.started_at,
            Campaign.ended_at,
        ).where(Campaign.id == campaign_id)
    ).first()
    if row is None:
        return None
    people = count_people(connection, campaign_id)
    messages = count_messages(connection, campaign_id)
    return CampaignOverview(
        campaign=campaign_id,
        name=row.name,
        state=CampaignState(row.state),
        people=people,
        messages=messages,
        waits=list(_waits(connection, campaign_id, row, people.paused, messages.uncertain, now)),
        started_at=None if row.started_at is None else moment(row.started_at),
        ended_at=None if row.ended_at is None else moment(row.ended_at),
    )


def _waits(
    connection: Connection,
    campaign_id: str,
    row: Row[*tuple[Any, ...]],
    paused: int,
    uncertain: int,
    now: int,
) -> Iterator[Wait]:
    if row.state == CampaignState.STAGING:
        yield Wait(words="its audience is being staged")
    if row.state == CampaignState.PAUSED:
        yield Wait(words=f"paused by {row.state_by}: {row.state_reason}".removesuffix(": "))
    if paused:
        yield Wait(words=f"{say_count(paused, 'person', 'people')} paused one by one")
    if uncertain:
        yield Wait(words=f"{say_count(uncertain, 'uncertain message')} for an operator")
    if row.state == CampaignState.RUNNING:
        yield from _stopped_channels(connection, campaign_id)
        yield from _turns(connection, campaign_id, now) or next_due(connection, campaign_id, now)


def _stopped_channels(connection: Connection, campaign_id: str) -> list[Wait]:
    """Channels that were chosen for messages of this campaign and may not send."""
    stopped = connection.execute(
        select(Channel.id, Channel.state, Channel.state_reason)
        .where(Channel.state != ChannelState.ACTIVE)
        .order_by(Channel.id)
    ).all()
    waits = []
    for row in stopped:
        messages = connection.execute(
            select(func.count())
            .select_from(Message)
            .join(Sequence, Sequence.id == Message.sequence_id)
            .where(
                Sequence.campaign_id == campaign_id,
                Message.channel_id == row.id,
                Message.state == MessageState.PLANNED,
                Message.due_at.is_not(None),
            )
        ).scalar_one()
        if messages:
            why = f" ({row.state_reason})" if row.state_reason else ""
            held = say_count(messages, "message")
            waits.append(Wait(words=f"{held} for {row.id}, which is {row.state}{why}"))
    return waits


def _turns(connection: Connection, campaign_id: str, now: int) -> list[Wait]:
    """The next turn on each channel where the campaign queues."""
    rows = connection.execute(
        select(QuotaTurn.channel_id, QuotaTurn.told_at, QuotaTurn.reason)
        .where(QuotaTurn.campaign_id == campaign_id, QuotaTurn.told_at > now)
        .order_by(QuotaTurn.channel_id, QuotaTurn.told_at)
    )
    first: dict[str, Wait] = {}
    for channel, told_at, reason in rows:
        first.setdefault(channel, Wait(words=f"{channel}: {reason}", until=moment(told_at)))
    return list(first.values())


def next_due(connection: Connection, campaign_id: str, now: int) -> list[Wait]:
    """When the next message falls due, where nothing is due now: one index seek per priority."""
    due = [
        select(func.min(Message.due_at))
        .where(
            Message.sequence_id == Sequence.id,
            Message.channel_id.is_(None),
            Message.priority == priority,
            Message.state == MessageState.PLANNED,
            Message.due_at.is_not(None),
        )
        .scalar_subquery()
        for priority in Priority
    ]
    rows = connection.execute(select(*due).where(Sequence.campaign_id == campaign_id))
    instants = [at for row in rows for at in row if at is not None]
    if not instants or min(instants) <= now:
        return []
    following = min(instants)
    words = f"the next message falls due {time_of_day(following, now)}"
    return [Wait(words=words, until=moment(following))]
