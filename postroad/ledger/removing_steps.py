"""Taking a step out of a running campaign.

Its row stays, so that reports keep showing what it sent. Whoever waits for it goes on at once;
everybody else passes it over when its turn comes, since nobody is on their way to it yet.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.orm import aliased

from postroad.contracts import MessageState, TakeOutStep
from postroad.ledger.events import enrolled_at
from postroad.ledger.going_on import Passed
from postroad.ledger.skipping import REMOVED, skip
from postroad.ledger.staging import find_campaign
from postroad.ledger.steps import CampaignStep, load_steps
from postroad.ledger.tables import Event, Message, Pause, Step
from postroad.ledger.tables import Sequence as SequenceRow

_PART = 1_000
"""People who go on in one transaction, so that senders are never locked out for long."""


class CannotRemove(ValueError):
    """The sentence says why."""


def remove_step(connection: Connection, request: TakeOutStep, now: int) -> int:
    """Let nobody get a step any more; return its position. Removing it again changes nothing.

    Raises:
        CannotRemove: there is no such step, or others cannot do without it.
    """
    find_campaign(connection, request.campaign_id)  # locks it: others may remove steps as well
    steps = load_steps(connection, request.campaign_id)
    removed = next((step for step in steps if step.id == request.step), None)
    if removed is None:
        raise CannotRemove(f"{request.campaign_id} has no step {request.step!r}")
    if removed.removed:
        return removed.position
    _refuse_if_needed(removed, [step for step in steps if not step.removed])
    connection.execute(
        update(Step)
        .where(Step.campaign_id == request.campaign_id, Step.position == removed.position)
        .values(removed_at=now)
    )
    connection.execute(
        insert(Event).values(
            at=now,
            event="step_removed",
            campaign_id=request.campaign_id,
            position=removed.position,
            detail=f"by {request.by}",
        )
    )
    return removed.position


def pass_over_some(connection: Connection, campaign: str, position: int, now: int) -> int:
    """Let some of those go on who wait for a removed step; return how many, 0 when none is left.

    Their next step is counted from what was last sent to them.
    """
    earlier = aliased(Message)
    last_sent = (
        select(func.max(earlier.sent_at))
        .where(earlier.enrollment_id == Message.enrollment_id, earlier.position < position)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            Message.enrollment_id,
            SequenceRow.sender,
            func.coalesce(last_sent, enrolled_at(Message.enrollment_id), now).label("since"),
        )
        .join(SequenceRow, SequenceRow.id == Message.sequence_id)
        .where(
            SequenceRow.campaign_id == campaign,
            Message.position == position,
            _WAITS,
        )
        .order_by(Message.id)
        .limit(_PART)
        .with_for_update(of=Message)
    ).all()
    for sender in sorted({row.sender for row in rows}):
        passed = _passed([row for row in rows if row.sender == sender], position)
        skip(connection, campaign, sender, passed, REMOVED, now)
    return len(rows)


_WAITS = (
    ((Message.state == MessageState.PLANNED) & Message.due_at.is_not(None))
    | (Message.state == MessageState.RESERVED)
    | (Message.state == MessageState.OPEN)
    | ((Message.state == MessageState.PLANNED) & Message.id.in_(select(Pause.message)))
)


def _passed(rows: Sequence[Row[int, str, int]], position: int) -> list[Passed]:
    return [Passed(row.enrollment_id, position, row.since) for row in rows]


def _refuse_if_needed(removed: CampaignStep, steps: Sequence[CampaignStep]) -> None:
    """Refuse to remove what other steps ask about, or answer.

    Raises:
        CannotRemove: they do.
    """
    if len(steps) == 1:
        raise CannotRemove(f"{removed.id} is the only step left: cancel the campaign instead")
    mailed = False
    for step in steps:
        if step is removed:
            continue
        for condition in (step.settings.only_if, step.settings.unless):
            if condition and any(named == removed.id for _, named in condition.deeds):
                raise CannotRemove(
                    f"{step.id} has a condition on {removed.id}: remove {step.id} first"
                )
        if step.settings.thread == "reply" and not mailed:
            raise CannotRemove(f"{step.id} would have nothing to reply to: remove {step.id} first")
        mailed = mailed or step.settings.task is None
