"""Comparing the variants of a step, once, when enough of each were sent long enough ago."""

from datetime import timedelta

from sqlalchemy import Connection, Select, func, insert, select, update

from postroad.campaign.variants import Tried, Variant, WinnerRule, winner_of
from postroad.contracts import MessageState
from postroad.instants import milliseconds
from postroad.ledger.steps import CampaignStep
from postroad.ledger.tables import Event, Message, Sequence, Step

_LOOK_AGAIN = timedelta(hours=1)


def judge_variants(connection: Connection, campaign: str, step: CampaignStep, now: int) -> None:
    """Decide whether one of a step's variants is the better; does nothing where it is not time.

    Args:
        connection: a write transaction.
        campaign: the campaign's id.
        step: one that has variants, and a rule for the winner.
        now: the present instant.
    """
    rule = step.settings.winner
    it = (Step.campaign_id == campaign) & (Step.position == step.position)
    # Somebody else may have looked since the step was read.
    row = connection.execute(select(Step.winner, Step.judge_at).where(it).with_for_update()).one()
    if rule is None or row.winner is not None or (row.judge_at or 0) > now:
        return
    ready = _ready_at(connection, campaign, step, rule, now)
    if ready > now:
        connection.execute(update(Step).where(it).values(judge_at=ready))
        return
    tried = [
        Tried(variant.id, rule.sample, _reached(connection, campaign, step, variant, rule))
        for variant in step.variants
    ]
    winner = winner_of(tried, rule.confidence)
    connection.execute(update(Step).where(it).values(winner=winner or "", judge_at=now))
    said = ", ".join(f"{one.id} {one.reached} of {one.sent}" for one in tried)
    connection.execute(
        insert(Event).values(
            at=now,
            event="variants_compared",
            campaign_id=campaign,
            position=step.position,
            detail=f"{winner or 'no difference that is no chance'}: {rule.by} {said}",
        )
    )


def _ready_at(
    connection: Connection, campaign: str, step: CampaignStep, rule: WinnerRule, now: int
) -> int:
    """Return when the samples can be compared, or when to look whether they are complete."""
    ready = now
    for variant in step.variants:
        sample = _sample(campaign, step, variant, rule).subquery()
        sent, last = connection.execute(
            select(func.count(), func.max(sample.c.sent_at)).select_from(sample)
        ).one()
        if sent < rule.sample:
            return now + milliseconds(min(_LOOK_AGAIN, max(rule.after, timedelta(seconds=1))))
        ready = max(ready, last + milliseconds(rule.after))
    return ready


def _reached(
    connection: Connection,
    campaign: str,
    step: CampaignStep,
    variant: Variant,
    rule: WinnerRule,
) -> int:
    """Count those of a variant's sample who did what the rule measures."""
    sample = _sample(campaign, step, variant, rule).subquery()
    return connection.execute(
        select(func.count(Event.enrollment_id.distinct())).where(
            Event.campaign_id == campaign,
            Event.event == rule.by,
            Event.position == step.position,
            Event.enrollment_id.in_(select(sample.c.enrollment_id)),
        )
    ).scalar_one()


def _sample(
    campaign: str, step: CampaignStep, variant: Variant, rule: WinnerRule
) -> Select[int, int | None]:
    """Select the first people who were sent a variant's present text."""
    return (
        select(Message.enrollment_id, Message.sent_at)
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(
            Sequence.campaign_id == campaign,
            Message.position == step.position,
            Message.version == variant.version,
            Message.state == MessageState.SENT,
        )
        .order_by(Message.sent_at, Message.id)
        .limit(rule.sample)
    )
