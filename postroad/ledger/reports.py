"""The report of a campaign: what became of its people and its messages, counted in SQL.

Every count is of one state of the ledger, so that they add up: `enrolled` is the sum of the
people's states, and the messages' states sum to enrolled × steps.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.instants import moment
from postroad.ledger.counts import (
    CampaignReport,
    ChannelCount,
    MessageCount,
    PeopleCount,
    SenderCount,
    StepCount,
    TemplateCount,
    VariantCount,
)
from postroad.ledger.pausing import count_paused
from postroad.ledger.shares import share
from postroad.ledger.tables import (
    Campaign,
    Channel,
    Enrollment,
    Event,
    Message,
    Rejection,
    Sequence,
    Step,
    StepText,
)
from postroad.ledger.tables.messages import CAME_BACK


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
        templates=_templates(connection, campaign_id, messages, outcomes),
        variants=_variants(connection, campaign_id, messages, outcomes),
        senders=_senders(messages, outcomes),
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
    return PeopleCount(
        enrolled=sum(counted.values()),
        rejected=rejected,
        paused=count_paused(connection, Enrollment.campaign_id == campaign_id),
        **counted,
    )


def count_messages(connection: Connection, campaign_id: str) -> MessageCount:
    """Count a campaign's messages by state."""
    return MessageCount(**_by(_messages(connection, campaign_id), "state"))


def _messages(connection: Connection, campaign_id: str) -> list[Row[Any]]:
    """Count messages by (position, version, state, channel, sender)."""
    key = (
        Message.position,
        Message.version,
        Message.state,
        Message.channel_id.label("channel"),
        Sequence.sender,
    )
    return list(
        connection.execute(
            select(*key, func.count().label("number"))
            .join(Sequence, Sequence.id == Message.sequence_id)
            .where(Sequence.campaign_id == campaign_id)
            .group_by(*key)
        )
    )


def _outcomes(connection: Connection, campaign_id: str) -> list[Row[Any]]:
    """Count whose mail came back, or who answered, by what the mail was.

    By (position, version, event, channel, sender), and by person, since one bounce may be
    reported twice.
    """
    key = (
        Event.position,
        Message.version,
        Event.event,
        Event.channel_id.label("channel"),
        Sequence.sender,
    )
    return list(
        connection.execute(
            select(*key, func.count(Event.enrollment_id.distinct()).label("number"))
            .outerjoin(
                Message,
                and_(
                    Message.enrollment_id == Event.enrollment_id,
                    Message.position == Event.position,
                ),
            )
            .outerjoin(Sequence, Sequence.id == Message.sequence_id)
            .where(Event.campaign_id == campaign_id, CAME_BACK)
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


def _templates(
    connection: Connection,
    campaign_id: str,
    messages: list[Row[Any]],
    outcomes: list[Row[Any]],
) -> list[TemplateCount]:
    """Count each version of a text that was sent."""
    steps = select(Step.position, Step.id).where(Step.campaign_id == campaign_id)
    names = {position: step for position, step in connection.execute(steps)}
    used = sorted({(row.position, row.version) for row in messages if row.version is not None})
    return [
        TemplateCount(
            step=names[position],
            version=version,
            **_came_back(
                (row for row in messages if (row.position, row.version) == (position, version)),
                (row for row in outcomes if (row.position, row.version) == (position, version)),
            ),
        )
        for position, version in used
    ]


def _variants(
    connection: Connection,
    campaign_id: str,
    messages: list[Row[Any]],
    outcomes: list[Row[Any]],
) -> list[VariantCount]:
    """Count each variant of each step."""
    texts = connection.execute(
        select(Step.id, Step.winner, StepText.position, StepText.variant, StepText.version)
        .join(
            Step,
            and_(Step.campaign_id == StepText.campaign_id, Step.position == StepText.position),
        )
        .where(StepText.campaign_id == campaign_id, StepText.variant != "")
        .order_by(StepText.position, StepText.variant)
    )
    versions: defaultdict[tuple[str, str, bool], set[tuple[int, int]]] = defaultdict(set)
    for row in texts:
        of_variant = versions[row.id, row.variant, row.winner == row.variant]
        of_variant.add((row.position, row.version))
    return [
        _variant_count(
            key,
            _came_back(
                (row for row in messages if (row.position, row.version) in of_variant),
                (row for row in outcomes if (row.position, row.version) in of_variant),
            ),
        )
        for key, of_variant in versions.items()
    ]


def _variant_count(key: tuple[str, str, bool], counts: dict[str, int]) -> VariantCount:
    step, variant, is_winner = key
    replied = share(counts.get("replied", 0), counts["sent"])
    return VariantCount(
        step=step,
        variant=variant,
        is_winner=is_winner,
        replied_between=(round(replied.low, 4), round(replied.high, 4)),
        **counts,
    )


def _senders(messages: list[Row[Any]], outcomes: list[Row[Any]]) -> list[SenderCount]:
    return [
        SenderCount(
            id=sender,
            **_came_back(
                (row for row in messages if row.sender == sender),
                (row for row in outcomes if row.sender == sender),
            ),
        )
        for sender in sorted({row.sender for row in messages})
    ]


def _came_back(messages: Iterable[Row[Any]], outcomes: Iterable[Row[Any]]) -> dict[str, int]:
    """Sum what was sent, and what came back for it."""
    sent = sum(row.number for row in messages if row.state == MessageState.SENT)
    return {"sent": sent, **_by(outcomes, "event")}


def _channels(
    connection: Connection,
    campaign_id: str,
    messages: list[Row[Any]],
    outcomes: list[Row[Any]],
) -> list[ChannelCount]:
    throttled = _throttled_seconds(connection, campaign_id)
    used = {row.channel for row in messages} | {row.channel for row in outcomes} | set(throttled)
    kinds = connection.execute(
        select(Channel.id, Channel.kind).where(Channel.id.in_(used)).order_by(Channel.id)
    )
    return [
        ChannelCount(
            id=channel,
            kind=kind,
            **_came_back(
                (row for row in messages if row.channel == channel),
                (row for row in outcomes if row.channel == channel),
            ),
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
