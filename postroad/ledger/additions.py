"""Staging more people for a campaign that is running already."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection, func, insert, select

from postroad.campaign.audience import (
    ROWS_PER_CHUNK,
    AudienceRow,
    RejectedRow,
    RejectionReason,
    pack_rows,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.staging import StagedStep, StagedVariant, find_campaign
from postroad.ledger.steps import CampaignStep, load_steps, load_template
from postroad.ledger.tables import AudienceChunk, Rejection


@dataclass(slots=True)
class Addition:
    """More people as they were staged; some may be rejected when they are enrolled."""

    chunks: list[int] = field(default_factory=list[int])
    """What the campaign's add_people update is to be told."""
    people: int = 0
    rejected: int = 0


def current_steps(connection: Connection, campaign_id: str) -> tuple[StagedStep, ...]:
    """Return the steps that people still get, with the texts that are sent from now on."""
    return tuple(
        _staged(connection, campaign_id, step)
        for step in load_steps(connection, campaign_id)
        if not step.removed
    )


def stage_addition(
    ledger: Ledger, campaign_id: str, rows: Iterable[AudienceRow | RejectedRow]
) -> Addition:
    """Store more people chunk by chunk, each in a transaction of its own.

    A chunk that the campaign is never told of is enrolled by nobody.
    """
    addition = Addition()
    remaining = iter(rows)
    while part := list(islice(remaining, ROWS_PER_CHUNK)):
        people = [row for row in part if isinstance(row, AudienceRow)]
        rejected = [row for row in part if isinstance(row, RejectedRow)]
        with ledger.write() as connection:
            find_campaign(connection, campaign_id)  # locks it: others may add people as well
            if people:
                addition.chunks.append(_store(connection, campaign_id, people))
            _reject(connection, campaign_id, rejected)
        addition.people += len(people)
        addition.rejected += len(rejected)
    return addition


def _staged(connection: Connection, campaign_id: str, step: CampaignStep) -> StagedStep:
    variants = tuple(
        StagedVariant(
            variant.id,
            variant.weight,
            load_template(connection, campaign_id, step.position, variant.version),
        )
        for variant in step.variants
    )
    template = load_template(connection, campaign_id, step.position, step.versions[0])
    return StagedStep(step.id, step.settings, template, variants)


def last_rejection(connection: Connection, campaign_id: str) -> int:
    """Return the row id of a campaign's latest rejection; 0 where there is none."""
    latest = select(func.max(Rejection.id)).where(Rejection.campaign_id == campaign_id)
    return connection.execute(latest).scalar() or 0


def rejections_after(connection: Connection, campaign_id: str, after: int) -> list[RejectedRow]:
    """Return whom a campaign rejected since, by row id."""
    rows = connection.execute(
        select(Rejection.row, Rejection.address, Rejection.reason, Rejection.detail)
        .where(Rejection.campaign_id == campaign_id, Rejection.id > after)
        .order_by(Rejection.id)
    )
    return [
        RejectedRow(row.row, row.address, RejectionReason(row.reason), row.detail) for row in rows
    ]


def _store(connection: Connection, campaign_id: str, people: list[AudienceRow]) -> int:
    """Store a chunk under the next number and return it."""
    last = connection.execute(
        select(func.max(AudienceChunk.number)).where(AudienceChunk.campaign_id == campaign_id)
    ).scalar()
    number = 0 if last is None else last + 1
    connection.execute(
        insert(AudienceChunk).values(campaign_id=campaign_id, number=number, rows=pack_rows(people))
    )
    return number


def _reject(connection: Connection, campaign_id: str, rejected: list[RejectedRow]) -> None:
    if rejected:
        rows = [{"campaign_id": campaign_id, **row._asdict()} for row in rejected]
        connection.execute(insert(Rejection), rows)
