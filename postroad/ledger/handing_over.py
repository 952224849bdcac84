"""Another sender takes over a sender's people, for instance when a rep has left.

What was sent stays the former sender's, so that its answers are still matched. A follow-up in
their thread leaves through the new sender's own channel: its headers name the thread
(In-Reply-To, References), the provider's thread in the former mailbox is out of reach.
"""

from sqlalchemy import Connection, insert, literal, select, update

from postroad.contracts import EnrollmentState, HandOver, MessageState
from postroad.contracts.states import TO_LEAVE
from postroad.ledger.tables import Enrollment, Event, Message, Sender, Sequence

HANDED_OVER = "handed_over"
"""The event that says so."""
_TAKES_OVER = " takes over from "


class CannotHandOver(ValueError):
    """The sentence says why."""


def hand_over(connection: Connection, request: HandOver, now: int) -> int:
    """Give one sender's open people in a campaign to another; return how many.

    What is on the wire at this instant is finished by the former sender.

    Raises:
        CannotHandOver: one of the two is unknown.
    """
    former = _sequence(connection, request.campaign_id, request.sender)
    if former is None:
        raise CannotHandOver(f"{request.sender} writes to nobody in {request.campaign_id}")
    if connection.scalar(select(Sender.email).where(Sender.email == request.replacement)) is None:
        raise CannotHandOver(f"the workspace has no sender {request.replacement}")
    new = _sequence(connection, request.campaign_id, request.replacement)
    if new is None:
        new = connection.execute(
            insert(Sequence)
            .values(campaign_id=request.campaign_id, sender=request.replacement)
            .returning(Sequence.id)
        ).scalar_one()
    theirs = (Enrollment.sequence_id == former) & (Enrollment.state == EnrollmentState.ACTIVE)
    people = select(Enrollment.id).where(theirs)
    # Messages before people, as sending settles them, so that none deadlocks.
    connection.execute(
        update(Message)
        .where(Message.enrollment_id.in_(people), Message.state.in_(TO_LEAVE))
        .values(
            sequence_id=new,
            state=MessageState.PLANNED,
            channel_id=None,
            wave=None,
            charge_at=None,
        )
    )
    connection.execute(
        update(Message)
        .where(Message.enrollment_id.in_(people), Message.state == MessageState.OPEN)
        .values(sequence_id=new)
    )
    words = f"{request.replacement}{_TAKES_OVER}{request.sender}, by {request.by}"
    told = select(
        literal(now), literal(HANDED_OVER), Enrollment.campaign_id, Enrollment.id, literal(words)
    ).where(theirs)
    columns = ["at", "event", "campaign_id", "enrollment_id", "detail"]
    connection.execute(insert(Event).from_select(columns, told))
    return connection.execute(update(Enrollment).where(theirs).values(sequence_id=new)).rowcount


def former_sender(detail: str) -> str | None:
    """Return who wrote to a person before they were handed over; None where it was erased."""
    _, found, after = detail.partition(_TAKES_OVER)
    return after.partition(", by ")[0] if found else None


def _sequence(connection: Connection, campaign: str, sender: str) -> int | None:
    return connection.scalar(
        select(Sequence.id).where(Sequence.campaign_id == campaign, Sequence.sender == sender)
    )
