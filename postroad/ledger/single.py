"""What became of a single mail: a campaign of one person and one step."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, select

from postroad.contracts import MessageState
from postroad.instants import moment
from postroad.ledger.tables import Enrollment, Message, Rejection

REJECTED = "rejected"

_OVER = (
    MessageState.SENT,
    MessageState.FAILED,
    MessageState.UNCERTAIN,
    MessageState.SUPPRESSED,
)


class SingleOutcome(BaseModel):
    """How a single mail ended, or that its person could not be enrolled."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    state: str
    """`sent`, `failed`, `uncertain`, `suppressed` or `rejected`."""
    reason: str
    channel: str | None = None
    message_id: str | None = None
    provider_id: str | None = None
    sent_at: datetime | None = None


def single_outcome(connection: Connection, campaign_id: str) -> SingleOutcome | None:
    """Return how a single mail ended; None while it is on its way."""
    rejection = connection.execute(
        select(Rejection.reason, Rejection.detail).where(Rejection.campaign_id == campaign_id)
    ).first()
    if rejection is not None:
        reason = f"{rejection.reason}: {rejection.detail}".removesuffix(": ")
        return SingleOutcome(campaign=campaign_id, state=REJECTED, reason=reason)
    row = connection.execute(
        select(
            Message.state,
            Message.reason,
            Message.channel_id,
            Message.message_id,
            Message.provider_id,
            Message.sent_at,
        )
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Enrollment.campaign_id == campaign_id)
    ).first()
    if row is None or row.state not in _OVER:
        return None
    return SingleOutcome(
        campaign=campaign_id,
        state=row.state,
        reason=row.reason,
        channel=row.channel_id,
        message_id=row.message_id,
        provider_id=row.provider_id,
        sent_at=None if row.sent_at is None else moment(row.sent_at),
    )
