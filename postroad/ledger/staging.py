"""Staging: a campaign on its way into the ledger, before its workflow is started.

Whoever stages holds a token, which every transaction checks. A later launch of the same campaign
takes the token over, so that of two launches at once exactly one gets to the start.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from sqlalchemy import Connection, delete, insert, select, update

from postroad.campaign.audience import ROWS_PER_CHUNK, AudienceRow, RejectedRow, pack_rows
from postroad.campaign.file import CampaignSettings
from postroad.campaign.step import StepSettings
from postroad.campaign.template import StepTemplate
from postroad.campaign.variants import Variant
from postroad.contracts import CampaignState
from postroad.ledger.content import store_attachments, store_text
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import AudienceChunk, Campaign, Rejection, Step, StepText, StepVariant
from postroad.ledger.upsert import insert_new


class StagingLost(Exception):
    """Another launch of the same campaign took over."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign that the ledger has."""

    state: CampaignState
    staged_at: int


@dataclass(frozen=True, slots=True)
class StagedVariant:
    """One of several texts of a step."""

    id: str
    weight: int
    template: StepTemplate


@dataclass(frozen=True, slots=True)
class StagedStep:
    """A step as the campaign file describes it."""

    id: str
    settings: StepSettings
    template: StepTemplate
    """Its text, or that of its first variant."""
    variants: tuple[StagedVariant, ...] = ()

    @property
    def templates(self) -> list[StepTemplate]:
        """Every text that somebody may get."""
        return [variant.template for variant in self.variants] or [self.template]


@dataclass(frozen=True, slots=True)
class Staged:
    """The audience as it was staged; more people are rejected when they are enrolled."""

    chunks: int
    people: int
    rejected: int


def find_campaign(connection: Connection, campaign_id: str) -> Standing | None:
    """Return how a campaign stands, and let nobody change that before the transaction ends."""
    row = connection.execute(
        select(Campaign.state, Campaign.staged_at)
        .where(Campaign.id == campaign_id)
        .with_for_update()
    ).first()
    return None if row is None else Standing(CampaignState(row.state), row.staged_at)


def claim_id(connection: Connection, campaign_id: str, now: int) -> Standing | None:
    """Make sure that a campaign's row exists, and lock it until the transaction ends.

    Returns:
        How the campaign stands already; None where the id was free.
    """
    row = {
        "id": campaign_id,
        "name": "",
        "settings": {},
        "state": CampaignState.STAGING,
        "state_by": "",
        "state_reason": "",
        "staged_at": now,
    }
    is_new = insert_new(connection, Campaign, [row])
    return None if is_new else find_campaign(connection, campaign_id)


def begin_staging(
    connection: Connection, campaign_id: str, settings: CampaignSettings, now: int
) -> str:
    """Begin to stage a claimed campaign; what an earlier launch left half done is removed.

    Returns:
        The token of this launch.
    """
    token = secrets.token_hex(8)
    connection.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id)
        .values(
            name=settings.name,
            settings=settings.model_dump(mode="json"),
            state_by=token,
            staged_at=now,
        )
    )
    _remove_parts(connection, campaign_id)
    return token


def stage_steps(
    connection: Connection,
    campaign_id: str,
    token: str,
    steps: Sequence[StagedStep],
    files: Mapping[str, bytes],
) -> None:
    """Store the steps with their texts and files.

    Raises:
        StagingLost: another launch took over.
    """
    check_token(connection, campaign_id, token)
    store_attachments(connection, files)
    for position, step in enumerate(steps):
        version, variants = store_texts(connection, campaign_id, position, step)
        connection.execute(
            insert(Step).values(
                campaign_id=campaign_id,
                position=position,
                id=step.id,
                settings=step.settings.model_dump(mode="json"),
                version=version,
            )
        )
        if variants:
            place = {"campaign_id": campaign_id, "position": position}
            rows = [{**place, **asdict(variant)} for variant in variants]
            connection.execute(insert(StepVariant), rows)


def store_texts(
    connection: Connection, campaign_id: str, position: int, step: StagedStep
) -> tuple[int, list[Variant]]:
    """Store a step's text, or those of its variants; return the first version, and the variants."""
    variants = [
        Variant(
            variant.id,
            variant.weight,
            store_text(connection, campaign_id, position, variant.template, variant.id),
        )
        for variant in step.variants
    ]
    if variants:
        return variants[0].version, variants
    return store_text(connection, campaign_id, position, step.template), []


def stage_audience(
    ledger: Ledger, campaign_id: str, token: str, rows: Iterable[AudienceRow | RejectedRow]
) -> Iterator[Staged]:
    """Store the audience chunk by chunk, each in a transaction of its own.

    Memory stays constant, whatever the audience's size.

    Yields:
        What is staged so far, after every chunk.

    Raises:
        StagingLost: another launch took over.
    """
    staged = Staged(0, 0, 0)
    remaining = iter(rows)
    while part := list(islice(remaining, ROWS_PER_CHUNK)):
        people = [row for row in part if isinstance(row, AudienceRow)]
        rejected = [row for row in part if isinstance(row, RejectedRow)]
        with ledger.write() as connection:
            check_token(connection, campaign_id, token)
            if people:
                _insert_chunk(connection, campaign_id, staged.chunks, people)
            if rejected:
                _insert_rejections(connection, campaign_id, rejected)
        staged = Staged(
            chunks=staged.chunks + bool(people),
            people=staged.people + len(people),
            rejected=staged.rejected + len(rejected),
        )
        yield staged


def check_token(connection: Connection, campaign_id: str, token: str) -> None:
    """Make sure that this launch still has the campaign, until the transaction ends.

    Raises:
        StagingLost: another launch took over.
    """
    holder = connection.scalar(
        select(Campaign.state_by)
        .where(Campaign.id == campaign_id, Campaign.state == CampaignState.STAGING)
        .with_for_update()
    )
    if holder != token:
        raise StagingLost(campaign_id)


def abandon_staging(connection: Connection, campaign_id: str, token: str) -> None:
    """Remove everything that was staged; does nothing where another launch took over."""
    try:
        check_token(connection, campaign_id, token)
    except StagingLost:
        return
    _remove_parts(connection, campaign_id)
    connection.execute(delete(Campaign).where(Campaign.id == campaign_id))


def _remove_parts(connection: Connection, campaign_id: str) -> None:
    for table in (AudienceChunk, Rejection, StepText, StepVariant, Step):
        connection.execute(delete(table).where(table.campaign_id == campaign_id))


def _insert_chunk(
    connection: Connection, campaign_id: str, number: int, people: list[AudienceRow]
) -> None:
    connection.execute(
        insert(AudienceChunk).values(campaign_id=campaign_id, number=number, rows=pack_rows(people))
    )


def _insert_rejections(
    connection: Connection, campaign_id: str, rejected: list[RejectedRow]
) -> None:
    connection.execute(
        insert(Rejection),
        [
            {
                "campaign_id": campaign_id,
                "row": row.row,
                "address": row.address,
                "reason": row.reason,
                "detail": row.detail,
            }
            for row in rejected
        ],
    )
