"""Campaigns in a list, and one campaign step by step."""

from collections import Counter, defaultdict
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, func, select

from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.instants import moment
from postroad.ledger.tables import (
    Campaign,
    Enrollment,
    Event,
    Message,
    Rejection,
    Sequence,
    Step,
)
from postroad.ledger.tables.messages import CAME_BACK

_WAITING = (MessageState.PLANNED, MessageState.RESERVED, MessageState.SENDING)


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


class StepFunnel(_Frozen):
    """One step: what became of its messages, and what came back."""

    id: str
    waiting: int = 0
    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    stopped: int = 0
    """Messages that will not be sent, since their people's sequences ended before."""
    open: int = 0
    """Tasks that wait for somebody."""
    done: int = 0
    skipped: int = 0
    replied: int = 0
    bounced: int = 0
    soft_bounced: int = 0
    opened: int = 0
    clicked: int = 0
    opened_by_machine: int = 0
    clicked_by_machine: int = 0


class CampaignPage(_Frozen):
    """One campaign."""

    row: CampaignRow
    state_by: str
    state_reason: str
    senders: list[str]
    rejected: int
    steps: list[StepFunnel]


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
            Campaign.started_at, Campaign.ended_at,
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
        steps=_steps(connection, campaign, sender),
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


def _steps(connection: Connection, campaign: str, sender: str | None) -> list[StepFunnel]:
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    messages = connection.execute(
        select(Message.position, Message.state, func.count().label("number"))
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(Sequence.campaign_id == campaign, *_own(sender))
        .group_by(Message.position, Message.state)
    )
    for row in messages:
        counts[row.position][_part(MessageState(row.state))] += row.number
    came_back = (
        select(Event.position, Event.event, func.count(Event.enrollment_id.distinct()).label("n"))
        .where(Event.campaign_id == campaign, CAME_BACK)
        .group_by(Event.position, Event.event)
    )
    if sender is not None:
        came_back = (
            came_back.join(Enrollment, Enrollment.id == Event.enrollment_id)
            .join(Sequence, Sequence.id == Enrollment.sequence_id)
            .where(Sequence.sender == sender)
        )
    for position, event, number in connection.execute(came_back):
        if position is not None:
            counts[position][event] += number
    steps = connection.execute(
        select(Step.position, Step.id).where(Step.campaign_id == campaign).order_by(Step.position)
    )
    return [StepFunnel(id=row.id, **counts[row.position]) for row in steps]


def _part(state: MessageState) -> str:
    if state in _WAITING:
        return "waiting"
    return "stopped" if state is MessageState.SUPPRESSED else str(state)


def _own(sender: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if sender is None else (Sequence.sender == sender,)
