"""A campaign's life: its state, and people taken out of it."""

from sqlalchemy import Connection, case, insert, select, update

from postroad.campaign.address import parse_address
from postroad.contracts import (
    CampaignState,
    EnrollmentState,
    MessageState,
    RemoveEnrollment,
    SetCampaignState,
)
from postroad.ledger.bounce_rates import TOO_MANY
from postroad.ledger.settlement import end_person
from postroad.ledger.tables import Campaign, Enrollment, Event, Message

_ENDED = (MessageState.PLANNED, MessageState.OPEN)
"""A wave that is booked gives back what it has not sent, as it is claimed."""
_PART = 2_000
"""People ended in one transaction, so that senders are never locked out for long."""


def record_state(connection: Connection, request: SetCampaignState, now: int) -> None:
    """Record where a campaign stands, and tell the live feed when that changed."""
    row = connection.execute(
        select(Campaign.state, Campaign.started_at).where(Campaign.id == request.campaign_id)
    ).one()
    if row.state == request.state:
        return
    resumed = request.state is CampaignState.RUNNING and row.state == CampaignState.PAUSED
    paused_itself = Campaign.state_reason.startswith(TOO_MANY)
    over = request.state in (CampaignState.COMPLETED, CampaignState.CANCELLED)
    connection.execute(
        update(Campaign)
        .where(Campaign.id == request.campaign_id)
        .values(
            state=request.state,
            state_by=request.by,
            state_reason=request.reason,
            started_at=row.started_at or now,
            ended_at=now if over else None,
            canary_from=case((paused_itself, now), else_=Campaign.canary_from)
            if resumed
            else Campaign.canary_from,
        )
    )
    connection.execute(
        insert(Event).values(
            at=now,
            event=_event(CampaignState(row.state), request.state),
            campaign_id=request.campaign_id,
            detail=f"by {request.by}: {request.reason}".removesuffix(": ") if request.by else "",
        )
    )


def end_some_people(connection: Connection, campaign_id: str) -> int:
    """End part of a cancelled campaign's people; return how many, 0 when all have ended."""
    reason = "the campaign was cancelled"
    people = connection.scalars(
        select(Enrollment.id)
        .where(Enrollment.campaign_id == campaign_id, Enrollment.state == EnrollmentState.ACTIVE)
        .limit(_PART)
    ).all()
    connection.execute(
        update(Enrollment)
        .where(Enrollment.id.in_(people))
        .values(state=EnrollmentState.REMOVED, reason=reason)
    )
    connection.execute(
        update(Message)
        .where(Message.enrollment_id.in_(people), Message.state.in_(_ENDED))
        .values(state=MessageState.SUPPRESSED, due_at=None, reason=reason)
    )
    return len(people)


def remove_person(connection: Connection, request: RemoveEnrollment, now: int) -> int:
    """Take a person out of a campaign; return how many planned messages that stopped."""
    address = parse_address(request.email).address
    enrollment = connection.scalar(
        select(Enrollment.id).where(
            Enrollment.campaign_id == request.campaign_id, Enrollment.address == address
        )
    )
    if enrollment is None:
        return 0
    reason = f"removed by {request.by}"
    stopped = end_person(connection, enrollment, EnrollmentState.REMOVED, reason)
    connection.execute(
        insert(Event).values(
            at=now,
            event="removed",
            campaign_id=request.campaign_id,
            enrollment_id=enrollment,
            detail=reason,
        )
    )
    return stopped


def _event(before: CampaignState, after: CampaignState) -> str:
    if after is CampaignState.RUNNING:
        return "started" if before is CampaignState.STAGING else "resumed"
    return str(after)
