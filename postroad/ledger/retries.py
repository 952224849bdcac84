"""Sending a message again that came back undelivered, and taking that back if it arrived.

Nothing here sends twice what may have arrived: a mail system told that it was not delivered. The
message is planned again, with its key; what left before is kept as a returned try, which goes on
counting against limits.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.ledger.going_on import Passed, go_on
from postroad.ledger.tables import (
    Campaign,
    Enrollment,
    Event,
    Message,
    ReturnedTry,
)

_GOES_ON = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.COMPLETED)


@dataclass(frozen=True, slots=True)
class Returned:
    """A message that came back, with its person."""

    id: int
    """Row id."""
    enrollment: int
    position: int
    campaign: str
    sender: str


def tries_before(connection: Connection, message: int) -> int:
    """Return how often a message came back and was planned again."""
    return connection.execute(
        select(func.count()).where(ReturnedTry.message == message)
    ).scalar_one()


def plan_again(
    connection: Connection, returned: Returned, reason: str, due_at: int, now: int
) -> bool:
    """Plan a message again that was not delivered; the step after it waits for it.

    A person who had finished goes on, and so does a campaign that was completed.

    Returns:
        False where it is too late: the next step was begun, the person was stopped, or the
        campaign was cancelled.
    """
    if not _goes_on(connection, returned) or not _return(connection, returned, reason, now):
        return False
    connection.execute(
        update(Message)
        .where(Message.id == returned.id)
        .values(
            state=MessageState.PLANNED,
            due_at=due_at,
            channel_id=None,
            wave=None,
            charge_at=None,
            sent_at=None,
            provider_id=None,
            deferrals=0,
        )
    )
    connection.execute(
        update(Message)
        .where(
            Message.enrollment_id == returned.enrollment,
            Message.position == returned.position + 1,
        )
        .values(due_at=None, channel_id=None)
    )
    _open_again(connection, returned, now)
    return True


def take_back(connection: Connection, returned: Returned) -> bool:
    """Send a message no more that turns out to have arrived, or to have died, the last time.

    Returns:
        False where it was not planned again.
    """
    last = connection.execute(
        select(ReturnedTry)
        .join(Message, Message.id == ReturnedTry.message)
        .where(ReturnedTry.message == returned.id, Message.state == MessageState.PLANNED)
        .order_by(ReturnedTry.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return False
    connection.execute(
        update(Message)
        .where(Message.id == returned.id)
        .values(
            state=MessageState.SENT,
            channel_id=last.channel_id,
            charge_at=last.charge_at,
            sent_at=last.charge_at,
            provider_id=last.provider_id,
        )
    )
    connection.execute(delete(ReturnedTry).where(ReturnedTry.id == last.id))
    passed = Passed(returned.enrollment, returned.position, last.charge_at)
    go_on(connection, returned.campaign, returned.sender, [passed])
    return True


def _goes_on(connection: Connection, returned: Returned) -> bool:
    """Whether the person may still be written to, and waits for nothing that was begun."""
    person = connection.execute(
        select(Enrollment.state, Campaign.state.label("campaign"))
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .where(Enrollment.id == returned.enrollment)
    ).one()
    following = connection.scalar(
        select(Message.state).where(
            Message.enrollment_id == returned.enrollment,
            Message.position == returned.position + 1,
        )
    )
    return (
        person.state in (EnrollmentState.ACTIVE, EnrollmentState.FINISHED)
        and person.campaign in _GOES_ON
        and following in (None, MessageState.PLANNED)
    )


def _return(connection: Connection, returned: Returned, reason: str, now: int) -> bool:
    """Keep the try that came back; False where the message is planned again already."""
    columns = ["message", "channel_id", "domain", "charge_at", "provider_id", "at", "reason"]
    tried = select(
        Message.id,
        Message.channel_id,
        Message.domain,
        Message.charge_at,
        Message.provider_id,
        literal(now),
        literal(reason),
    ).where(Message.id == returned.id, Message.state == MessageState.SENT)
    kept = insert(ReturnedTry).from_select(columns, tried).returning(ReturnedTry.id)
    return connection.execute(kept).first() is not None


def _open_again(connection: Connection, returned: Returned, now: int) -> None:
    connection.execute(
        update(Enrollment)
        .where(Enrollment.id == returned.enrollment, Enrollment.state == EnrollmentState.FINISHED)
        .values(state=EnrollmentState.ACTIVE)
    )
    reopened = connection.execute(
        update(Campaign)
        .where(Campaign.id == returned.campaign, Campaign.state == CampaignState.COMPLETED)
        .values(state=CampaignState.RUNNING, ended_at=None)
    ).rowcount
    if reopened:
        connection.execute(
            insert(Event).values(
                at=now,
                event="reopened",
                campaign_id=returned.campaign,
                detail="a message that was not delivered is sent again",
            )
        )
