"""The report of a campaign: what became of its people and its messages, counted in SQL.

Every count is of one state of the ledger, so that they add up: `enrolled` is the sum of the
people's states, and the messages' states sum to enrolled × steps.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, func, select

from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.instants import moment
from postroad.ledger.tables import Campaign, Channel, Enrollment, Event, Message, Rejection, Step

_OUTCOMES = ("bounced", "soft_bounced", "replied")


class Count(BaseModel):
    """A frozen row of numbers; its field names are the keys of `report --json`."""

    model_config = ConfigDict(frozen=True)


class PeopleCount(Count):
    """People by state: `enrolled` is the sum of all others but `rejected`."""

    enrolled: int
    rejected: int
    """Rows of the audience that were never enrolled."""
    active: int = 0
    finished: int = 0
    replied: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    failed: int = 0
    removed: int = 0


class MessageCount(Count):
    """Messages by state."""

    planned: int = 0
    reserved: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0


class StepCount(Count):
    """One step: its messages by state, and what came back.

    A bounce at once is a `failed` message and a bounce; a later one a `sent` message and a bounce.
    """

    id: str
    sent: int = 0
    bounced: int = 0
    soft_bounced: int = 0
    """Not delivered, for a reason that may pass."""
    replied: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0
    planned: int = 0
    reserved: int = 0
    sending: int = 0


class ChannelCount(Count):
    """What one delivery channel did for the campaign."""

    id: str
    kind: str
    sent: int
    bounced: int
    throttled_seconds: float
    """How long waves had to wait for the channel's limits, summed over waves."""


class CampaignReport(Count):
    """`report ID --json`."""

    campaign: str
    state: CampaignState
    people: PeopleCount
    messages: MessageCount
    steps: list[StepCount]
    channels: list[ChannelCount]
    started_at: datetime | None
    ended_at: datetime | None


def campaign_report(connection: Connection, campaign_id: str) -> CampaignReport | None:
    """Count a campaign; None where the ledger has no such campaign.

    A campaign whose audience is still being staged is reported as running, not yet started.
    """
    campaign = connection.execute(
        select(Campaign.state, Campaign.started_at, Campaign.ended_at).where(
            Campaign.id == campaign_id
        )
    ).first()
    if campaign is None:
        return None
    messages = _messages(connection, campaign_id)
    outcomes = _outcomes(connection, campaign_id)
    staging = campaign.state == CampaignState.STAGING
    return CampaignReport(
        campaign=campaign_id,
        state=CampaignState.RUNNING if staging else CampaignState(campaign.state),
        people=count_people(connection, campaign_id),
        messages=MessageCount(**_by(messages, "state")),
        steps=_steps(connection, campaign_id, messages, outcomes),
        channels=_channels(connection, campaign_id, messages, outcomes),
        started_at=None if campaign.started_at is None else moment(campaign.started_at),
        ended_at=None if campaign.ended_at is None else moment(campaign.ended_at),
    )


def count_people(connection: Connection, campaign_id: str) -> PeopleCount:
    """Count a campaign's people by state."""
    states = connection.execute(
        select(Enrollment.state, func.count())
        .where(Enrollment.campaign_id == campaign_id)
        .group_by(Enrollment.state)
    )
    counted = {EnrollmentState(state): count for state, count in states}
    rejected = connection.execute(
        select(func.count()).select_from(Rejection).where(Rejection.campaign_id == campaign_id)
    ).scalar_one()
    return PeopleCount(enrolled=sum(counted.values()), rejected=rejected, **counted)


def count_messages(connection: Connection, campaign_id: str) -> MessageCount:
    """Count a campaign's messages by state."""
    return MessageCount(**_by(_messages(connection, campaign_id), "state"))


def _messages(connection: Connection, campaign_id: str) -> list[Row[Any]]:
    """Count messages by (position, state, channel)."""
    key = (Message.position, Message.state, Message.channel_id.label("channel"))
    return list(
        connection.execute(
            select(*key, func.count().label("number"))
            .join(Enrollment, Enrollment.id == Message.enrollment_id)
            .where(Enrollment.campaign_id == campaign_id)
            .group_by(*key)
        )
    )


def _outcomes(connection: Connection, campaign_id: str) -> list[Row[Any]]:
    """Count people whose mail came back, or who replied, by (position, event, channel).

    Counted by person, since one bounce may be reported twice.
    """
    key = (Event.position, Event.event, Event.channel_id.label("channel"))
    return list(
        connection.execute(
            select(*key, func.count(Event.enrollment_id.distinct()).label("number"))
            .where(Event.campaign_id == campaign_id, Event.event.in_(_OUTCOMES))
            .group_by(*key)
        )
    )


def _by(rows: Iterable[Row[Any]], column: str) -> Counter[str]:
    """Sum counted rows by one column."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts[getattr(row, column)] += row.number
    return counts


def _steps(
    connection: Connection,
    campaign_id: str,
    messages: list[Row[Any]],
    outcomes: list[Row[Any]],
) -> list[StepCount]:
    steps = connection.execute(
        select(Step.position, Step.id)
        .where(Step.campaign_id == campaign_id)
        .order_by(Step.position)
    )
    return [
        StepCount(
            id=step_id,
            **_by((row for row in messages if row.position == position), "state"),
            **_by((row for row in outcomes if row.position == position), "event"),
        )
        for position, step_id in steps
    ]


def _channels(
    connection: Connection,
    campaign_id: str,
    messages: list[Row[Any]],
    outcomes: list[Row[Any]],
) -> list[ChannelCount]:
    sent = _by((row for row in messages if row.state == MessageState.SENT), "channel")
    bounced = _by((row for row in outcomes if row.event == "bounced"), "channel")
    throttled = _throttled_seconds(connection, campaign_id)
    used = {row.channel for row in messages} | set(bounced) | set(throttled)
    kinds = connection.execute(
        select(Channel.id, Channel.kind).where(Channel.id.in_(used)).order_by(Channel.id)
    )
    return [
        ChannelCount(
            id=channel,
            kind=kind,
            sent=sent[channel],
            bounced=bounced[channel],
            throttled_seconds=round(throttled[channel], 3),
        )
        for channel, kind in kinds
    ]


def _throttled_seconds(connection: Connection, campaign_id: str) -> dict[str | None, float]:
    """Sum the waits that `throttled` events tell: one event per wave that had to wait."""
    waits: defaultdict[str | None, float] = defaultdict(float)
    rows = connection.execute(
        select(Event.channel_id, Event.detail).where(
            Event.campaign_id == campaign_id, Event.event == "throttled"
        )
    )
    for channel, detail in rows:
        waits[channel] += json.loads(detail)["seconds"]
    return waits
