"""Things in the ledger that have stood still for too long, for `postroad doctor`."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select

from postroad.contracts import CampaignState, MessageState, sequence_workflow_id
from postroad.ledger.tables import Campaign, Message, Sequence


@dataclass(frozen=True, slots=True)
class OpenSequence:
    """A sequence whose workflow should be running, since it has work in hand or due."""

    workflow_id: str
    in_hand: int
    """Messages reserved or being sent longer ago than the instant asked about."""
    due: int
    """Messages that fell due before that instant and were not booked."""


def sequences_with_old_work(connection: Connection, before: int) -> list[OpenSequence]:
    """Return the sequences with work older than an instant; what a pause holds does not count.

    Old work alone is no fault: a limit or a stopped channel may hold it. It is one where no
    workflow is there to do it.
    """
    in_hand = and_(
        Message.state.in_((MessageState.RESERVED, MessageState.SENDING)),
        Message.charge_at <= before,
    )
    due = and_(
        Message.state == MessageState.PLANNED,
        Message.due_at <= before,
        Campaign.state == CampaignState.RUNNING,
    )
    rows = connection.execute(
        select(
            Sequence.campaign_id,
            Sequence.sender,
            func.count(Message.id).filter(in_hand).label("in_hand"),
            func.count(Message.id).filter(due).label("due"),
        )
        .join(Message, Message.sequence_id == Sequence.id)
        .join(Campaign, Campaign.id == Sequence.campaign_id)
        .where(or_(in_hand, due))
        .group_by(Sequence.campaign_id, Sequence.sender)
        .order_by(Sequence.campaign_id, Sequence.sender)
    )
    return [
        OpenSequence(
            sequence_workflow_id(row.campaign_id, row.sender), in_hand=row.in_hand, due=row.due
        )
        for row in rows
    ]
