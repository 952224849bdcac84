"""Campaigns in a list, and one campaign step by step."""

from collections import defaultdict
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, func, select

from postroad.campaign.file import CampaignSettings
from postroad.campaign.tracking import Tracking
from postroad.contracts import CampaignState, EnrollmentState
from postroad.instants import moment
from postroad.ledger.pages.funnel import StepFunnel, step_funnels
from postroad.ledger.tables import Campaign, Enrollment, Rejection, Sequence


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class CampaignRow(_Frozen):
    """One campaign in the list."""

    id: str
    name: str
    state: CampaignState
    started_at: datetime | None
    ended_at: datetime | None
    people: dict[EnrollmentState, int]
    """How many people are in each state."""

    @property
    def enrolled(self) -> int:
        """How many people are in it."""
        return sum(self.people.values())

    @property
    def ended_in_tenths(self) -> int:
        """How many tenths of its people get nothing more: progress in words that change rarely."""
        active = self.people.get(EnrollmentState.ACTIVE, 0)
        return 10 * (self.enrolled - active) // (self.enrolled or 1)


class CampaignPage(_Frozen):
    """One campaign."""

    row: CampaignRow
    state_by: str
    state_reason: str
    senders: list[str]
    rejected: int
    steps: list[StepFunnel]
    tracking: Tracking
    """What is told of its mails."""

    @property
    def shows_opened(self) -> bool:
        """Whether openings are told, or were before."""
        return self.tracking.opens or any(step.was_opened for step in self.steps)

    @property
    def shows_clicked(self) -> bool:
        """Whether clicks are told, or were before."""
        return self.tracking.links or any(step.was_clicked for step in self.steps)


def list_campaigns(
    connection: Connection, *, sender: str | None, state: str, after: str, at_most: int
) -> list[CampaignRow]:
    """Return campaigns, the latest first.

    Args:
        connection: a transaction.
        sender: only those with people of this sender.
        state: only those in this state; empty for any.
        after: the id of the last campaign of the page before; empty for the first page.
        at_most: how many.
    """
    statement = (
        select(Campaign).order_by(Campaign.staged_at.desc(), Campaign.id.desc()).limit(at_most)
    )
    if state:
        statement = statement.where(Campaign.state == state)
    if sender is not None:
        own = select(Sequence.campaign_id).where(Sequence.sender == sender)
        statement = statement.where(Campaign.id.in_(own))
    if after:
        last = select(Campaign.staged_at, Campaign.id).where(Campaign.id == after).subquery("last")
        statement = statement.join(
            last,
            (Campaign.staged_at < last.c.staged_at)
            | ((Campaign.staged_at == last.c.staged_at) & (Campaign.id < last.c.id)),
        )
    rows = connection.execute(
        statement.with_only_columns(
            Campaign.id, Campaign.name, Campaign.state, Campaign.started_at, Campaign.ended_at
        )
    ).all()
    people = _people(connection, [row.id for row in rows], sender)
    return [
        CampaignRow(
            id=row.id,
            name=row.name,
            state=CampaignState(row.state),
            started_at=None if row.started_at is None else moment(row.started_at),
            ended_at=None if row.ended_at is None else moment(row.ended_at),
            people=people[row.id],
        )
        for row in rows
    ]


def campaign_page(connection: Connection, campaign: str, sender: str | None) -> CampaignPage | None:
    """Return one campaign; None where there is none that the sender may see."""
    row = connection.execute(
        select(
            Campaign.name, Campaign.state, Campaign.state_by, Campaign.state_reason,
            Campaign.started_at, Campaign.ended_at, Campaign.settings,
        ).where(Campaign.id == campaign)
    ).first()  # fmt: skip
    senders = list(
        connection.scalars(
            select(Sequence.sender)
            .where(Sequence.campaign_id == campaign, *_own(sender))
            .order_by(Sequence.sender)
        )
    )
    if row is None or (sender is not None and not senders):
        return None
    rejected = connection.scalar(
        select(func.count()).select_from(Rejection).where(Rejection.campaign_id == campaign)
    )
    return CampaignPage(
        row=CampaignRow(
            id=campaign,
            name=row.name,
            state=CampaignState(row.state),
            started_at=None if row.started_at is None else moment(row.started_at),
            ended_at=None if row.ended_at is None else moment(row.ended_at),
            people=_people(connection, [campaign], sender)[campaign],
        ),
        state_by=row.state_by,
        state_reason=row.state_reason,
        senders=senders,
        rejected=rejected or 0,
        steps=step_funnels(connection, campaign, sender),
        tracking=CampaignSettings.model_validate(row.settings).tracking,
    )


def _people(
    connection: Connection, campaigns: list[str], sender: str | None
) -> defaultdict[str, dict[EnrollmentState, int]]:
    """Count people by state; the index on (sequence, state) answers."""
    counted = connection.execute(
        select(Sequence.campaign_id, Enrollment.state, func.count().label("number"))
        .join(Enrollment, Enrollment.sequence_id == Sequence.id)
        .where(Sequence.campaign_id.in_(campaigns), *_own(sender))
        .group_by(Sequence.campaign_id, Enrollment.state)
    )
    people: defaultdict[str, dict[EnrollmentState, int]] = defaultdict(dict)
    for row in counted:
        people[row.campaign_id][EnrollmentState(row.state)] = row.number
    return people


def _own(sender: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if sender is None else (Sequence.sender == sender,)
