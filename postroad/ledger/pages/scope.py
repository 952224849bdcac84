"""Narrowing what a page asks for to one sender's people."""

from sqlalchemy import ColumnElement, select

from postroad.ledger.tables import Enrollment, Event, Sequence


def event_of(sender: str | None) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of events about one sender's people; none for everybody's."""
    if sender is None:
        return ()
    people = (
        select(Enrollment.id)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(Sequence.sender == sender)
    )
    return (Event.enrollment_id.in_(people),)
