"""Pausing single people: nothing of theirs leaves, and their sequence does not end.

What was to leave is held back without a due time, or until the pause is over. Waits run on
meanwhile: what was due in the pause is due at its end, what is due later keeps its time.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from postroad.campaign.address import parse_address
from postroad.contracts import (
    EnrollmentState,
    MessageState,
    PauseEnrollment,
    PersonPaused,
    PersonResumed,
    ResumeEnrollment,
    sequence_workflow_id,
)
from postroad.contracts.states import TO_LEAVE
from postroad.instants import instant, moment
from postroad.ledger.tables import Enrollment, Event, Message, Pause, Sender, Step
from postroad.ledger.tables import Sequence as SequenceRow

_Found = Row[int, str, str]
"""(id, state, sender) of a person in a campaign."""


class CannotPause(ValueError):
    """The sentence says why."""


def pause_person(connection: Connection, request: PauseEnrollment, now: int) -> PersonPaused:
    """Hold everything back that would leave to a person; pausing again may change until when.

    What is paused in the same words already stays as it is.

    Raises:
        CannotPause: nothing will leave to them.
    """
    person = _find(connection, request.campaign_id, request.email)
    until = None if request.until is None else instant(request.until)
    former = connection.execute(select(Pause).where(Pause.enrollment_id == person.id)).first()
    words = (until, request.by, request.reason)
    if former is not None and (former.until, former.by, former.reason) == words:
        return PersonPaused(step=_step_of(connection, former.message))
    message = connection.execute(
        select(Message.id, Message.due_at)
        .where(
            Message.enrollment_id == person.id,
            Message.state.in_(TO_LEAVE),
            Message.due_at.is_not(None),
        )
        .with_for_update()
    ).first()
    held, due_at = (None, None) if message is None else (message.id, message.due_at)
    if former is not None and former.message is not None:
        held, due_at = former.message, former.due_at
    connection.execute(delete(Pause).where(Pause.enrollment_id == person.id))
    connection.execute(
        insert(Pause).values(
            enrollment_id=person.id, at=now, until=until, by=request.by, reason=request.reason
        )
    )
    if held is not None:
        _hold(connection, person.id, held, due_at, until)
    _tell(connection, request.campaign_id, person.id, "person_paused", _words(request), now)
    return PersonPaused(step=_step_of(connection, held))


def resume_person(connection: Connection, request: ResumeEnrollment, now: int) -> PersonResumed:
    """Let a person go on with what was held back; nothing happens where they are not paused.

    Raises:
        CannotPause: nothing will leave to them.
    """
    person = _find(connection, request.campaign_id, request.email)
    pause = connection.execute(
        delete(Pause).where(Pause.enrollment_id == person.id).returning(Pause.message, Pause.due_at)
    ).first()
    workflow_id = sequence_workflow_id(request.campaign_id, person.sender)
    if pause is None:
        return PersonResumed(step=None, due_at=None, workflow_id=workflow_id)
    connection.execute(
        update(Message)
        .where(Message.id == pause.message, Message.state == MessageState.PLANNED)
        .values(due_at=pause.due_at)
    )
    _tell(connection, request.campaign_id, person.id, "person_resumed", f"by {request.by}", now)
    return PersonResumed(
        step=_step_of(connection, pause.message),
        due_at=None if pause.due_at is None else moment(pause.due_at),
        workflow_id=workflow_id,
    )


def is_paused(connection: Connection, campaign: str, address: str) -> bool:
    """Whether nothing leaves to a normalised address in a campaign until they are resumed."""
    row = connection.execute(
        select(Pause.enrollment_id)
        .join(Enrollment, Enrollment.id == Pause.enrollment_id)
        .where(Enrollment.campaign_id == campaign, Enrollment.address == address)
    ).first()
    return row is not None


def count_paused(connection: Connection, among: ColumnElement[bool]) -> int:
    """Count the people who are paused among some enrollments."""
    return connection.execute(
        select(func.count())
        .select_from(Pause)
        .join(Enrollment, Enrollment.id == Pause.enrollment_id)
        .where(Enrollment.state == EnrollmentState.ACTIVE, among)
    ).scalar_one()


def time_zone_of(connection: Connection, campaign: str, address: str) -> str | None:
    """Return the time zone of whoever writes to a person; None where nobody does."""
    return connection.scalar(
        select(Sender.timezone)
        .join(SequenceRow, SequenceRow.sender == Sender.email)
        .join(Enrollment, Enrollment.sequence_id == SequenceRow.id)
        .where(Enrollment.campaign_id == campaign, Enrollment.address == address)
    )


def hold_paused(connection: Connection, messages: Sequence[int], now: int) -> set[int]:
    """Hold those messages back whose people are paused, and return them.

    A pause that is over by now ends here.
    """
    rows = connection.execute(
        select(Message.id, Message.due_at, Pause.enrollment_id, Pause.until, Enrollment.campaign_id)
        .join(Pause, Pause.enrollment_id == Message.enrollment_id)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Message.id.in_(messages))
    ).all()
    held: set[int] = set()
    for row in rows:
        if row.until is not None and row.until <= now:
            connection.execute(delete(Pause).where(Pause.enrollment_id == row.enrollment_id))
            person, words = row.enrollment_id, "the pause is over"
            _tell(connection, row.campaign_id, person, "person_resumed", words, now)
        else:
            _hold(connection, row.enrollment_id, row.id, row.due_at, row.until)
            held.add(row.id)
    return held


def _find(connection: Connection, campaign: str, email: str) -> _Found:
    address = parse_address(email).address
    person = connection.execute(
        select(Enrollment.id, Enrollment.state, SequenceRow.sender)
        .join(SequenceRow, SequenceRow.id == Enrollment.sequence_id)
        .where(Enrollment.campaign_id == campaign, Enrollment.address == address)
    ).first()
    if person is None:
        raise CannotPause(f"{address} is not in {campaign}")
    if person.state != EnrollmentState.ACTIVE:
        raise CannotPause(f"nothing more goes to {address} in {campaign}: {person.state}")
    return person


def _hold(
    connection: Connection, person: int, message: int, due_at: int | None, until: int | None
) -> None:
    """Hold a message back, and keep in mind when it was due."""
    later = None if until is None else max(until, due_at or until)
    connection.execute(
        update(Message)
        .where(Message.id == message, Message.state.in_(TO_LEAVE))
        .values(
            state=MessageState.PLANNED, due_at=later, channel_id=None, wave=None, charge_at=None
        )
    )
    connection.execute(
        update(Pause).where(Pause.enrollment_id == person).values(message=message, due_at=due_at)
    )


def _step_of(connection: Connection, message: int | None) -> str | None:
    return connection.execute(
        select(Step.id)
        .select_from(Message)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .join(
            Step,
            and_(Step.campaign_id == Enrollment.campaign_id, Step.position == Message.position),
        )
        .where(Message.id == message)
    ).scalar()


def _words(request: PauseEnrollment) -> str:
    until = "" if request.until is None else f" until {request.until:%Y-%m-%d %H:%M} UTC"
    return f"by {request.by}{until}: {request.reason}".removesuffix(": ")


def _tell(
    connection: Connection, campaign: str, person: int, event: str, detail: str, now: int
) -> None:
    connection.execute(
        insert(Event).values(
            at=now, event=event, campaign_id=campaign, enrollment_id=person, detail=detail
        )
    )
