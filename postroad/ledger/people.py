"""One person in all their campaigns, and ending their sequence for what came back."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from postroad.campaign.file import CampaignSettings, StopRule
from postroad.contracts import EnrollmentState, MessageState, sequence_workflow_id
from postroad.contracts.states import NOT_YET_LEFT
from postroad.ledger.tables import Campaign, Enrollment, Message, Sequence

_NOT_STOPPED = (EnrollmentState.ACTIVE, EnrollmentState.FINISHED)
"""What comes back after the last step still tells how it ended."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person in one campaign."""

    id: int
    """The enrollment's row id."""
    campaign: str
    sender: str
    is_active: bool
    settings: CampaignSettings

    @property
    def stop_on(self) -> list[StopRule]:
        """What ends their sequence."""
        return self.settings.stop_on

    @property
    def workflow_id(self) -> str:
        """The sequence that writes to them."""
        return sequence_workflow_id(self.campaign, self.sender)


def enrolled_as(connection: Connection, address: str) -> list[Enrolled]:
    """Return a person in every campaign that ever had them."""
    rows = connection.execute(
        select(
            Enrollment.id,
            Enrollment.campaign_id,
            Enrollment.state,
            Sequence.sender,
            Campaign.settings,
        )
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .where(Enrollment.address == address)
        .order_by(Enrollment.id)
    )
    return [
        Enrolled(
            id=row.id,
            campaign=row.campaign_id,
            sender=row.sender,
            is_active=row.state == EnrollmentState.ACTIVE,
            settings=CampaignSettings.model_validate(row.settings),
        )
        for row in rows
    ]


def end_enrolled(
    connection: Connection, enrollment: int, state: EnrollmentState, reason: str
) -> bool:
    """End a person's sequence, or say how a finished one ended; False where it was stopped before.

    A message that is on the wire at this instant is finished; nothing else leaves.
    """
    # Messages before people, as sending settles them, so that none deadlocks.
    connection.execute(
        update(Message)
        .where(Message.enrollment_id == enrollment, Message.state.in_(NOT_YET_LEFT))
        .values(
            state=MessageState.SUPPRESSED,
            due_at=None,
            charge_at=None,
            reason=f"the person {state}",
        )
    )
    ended = connection.execute(
        update(Enrollment)
        .where(Enrollment.id == enrollment, Enrollment.state.in_(_NOT_STOPPED))
        .values(state=state, reason=reason)
    )
    return ended.rowcount == 1
