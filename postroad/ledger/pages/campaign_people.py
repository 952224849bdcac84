"""The people of a campaign in a table: searched, filtered, counted, and shown page by page."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from postroad.contracts import EnrollmentState, MessageState
from postroad.instants import moment
from postroad.ledger.pages.at_step import IS_NEXT
from postroad.ledger.pages.people import NAME_FIELDS, name_of
from postroad.ledger.tables import Enrollment, Message, Pause, Sequence, Step

_Row = Row[*tuple[Any, ...]]

PAUSED = "paused"
"""Active people to whom nothing is sent for now; a filter beside the states of enrollments."""

LONGEST_SEARCH = 254
"""Characters; no address is longer (RFC 5321, 4.5.3.1.3), and SQLite refuses very long patterns."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people of a campaign are asked for; what is empty leaves nobody out."""

    state: str = ""
    """An `EnrollmentState`, or `PAUSED`."""
    step: str = ""
    """The id of the step that they are at."""
    search: str = ""
    """A part of their address or of their name, whatever its case."""


class PersonRow(BaseModel):
    """One person of a campaign."""

    model_config = ConfigDict(frozen=True)

    address: str
    name: str
    sender: str
    state: EnrollmentState
    is_paused: bool
    reason: str
    steps_sent: int
    last_sent_at: datetime | None
    next_step: str | None
    """The step that they are at; None where nothing more goes to them."""
    next_state: MessageState | None
    next_due_at: datetime | None
    """When it is due; None where it has begun, or nobody knows since they are paused."""


class PeopleFound(BaseModel):
    """A page of the people who were asked for."""

    model_config = ConfigDict(frozen=True)

    people: list[PersonRow]
    number: int
    """How many there are on all pages; 0 where the page has nobody."""


def find_people(
    connection: Connection,
    campaign: str,
    wanted: Wanted,
    *,
    sender: str | None,
    after: str,
    at_most: int,
) -> PeopleFound:
    """Return people of a campaign by address.

    Args:
        connection: a transaction.
        campaign: the campaign's id.
        wanted: which of them.
        sender: only this sender's.
        after: the last address of the page before; empty for the first page.
        at_most: how many.
    """
    # Read once and kept, since searching names reads all people; that is what the count costs.
    matching = _matching(campaign, wanted, sender).cte("matching")
    number = select(func.count()).select_from(matching).scalar_subquery()
    page = connection.execute(
        select(matching.c.id, number.label("number"))
        .where(matching.c.address > after)
        .order_by(matching.c.address)
        .limit(at_most)
    ).all()
    return PeopleFound(
        people=_rows(connection, [row.id for row in page]), number=page[0].number if page else 0
    )


def _matching(campaign: str, wanted: Wanted, sender: str | None) -> Select[int, str]:
    statement = select(Enrollment.id, Enrollment.address).where(Enrollment.campaign_id == campaign)
    if sender is not None:
        own = select(Sequence.id).where(Sequence.campaign_id == campaign, Sequence.sender == sender)
        statement = statement.where(Enrollment.sequence_id == own.scalar_subquery())
    if wanted.state == PAUSED:
        paused = select(Pause.enrollment_id)
        statement = statement.where(
            Enrollment.state == EnrollmentState.ACTIVE, Enrollment.id.in_(paused)
        )
    elif wanted.state:
        statement = statement.where(Enrollment.state == wanted.state)
    if wanted.step:
        statement = (
            statement.join(Step, Step.campaign_id == Enrollment.campaign_id)
            .join(
                Message,
                and_(Message.enrollment_id == Enrollment.id, Message.position == Step.position),
            )
            .where(Step.id == wanted.step, IS_NEXT)
        )
    if wanted.search:
        statement = statement.where(_is_called(" ".join(wanted.search.split())))
    return statement


def _is_called(part: str) -> ColumnElement[bool]:
    """Return the condition that an address or a name contains a text."""
    first, last = (func.coalesce(Enrollment.fields[key].as_string(), "") for key in NAME_FIELDS)
    name = first + " " + last
    # SQLite takes capitals for small letters in ASCII only.
    spellings = {part} if part.isascii() else {part.lower(), part.title(), part.upper()}
    return or_(
        Enrollment.address.contains(part.lower(), autoescape=True),
        *(name.icontains(spelling, autoescape=True) for spelling in sorted(spellings)),
    )


def _rows(connection: Connection, people: list[int]) -> list[PersonRow]:
    rows = connection.execute(
        select(
            Enrollment.id,
            Enrollment.address,
            Enrollment.fields,
            Enrollment.state,
            Enrollment.reason,
            Sequence.sender,
            Pause.enrollment_id.label("pause"),
        )
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .outerjoin(Pause, Pause.enrollment_id == Enrollment.id)
        .where(Enrollment.id.in_(people))
        .order_by(Enrollment.address)
    ).all()
    messages: defaultdict[int, list[_Row]] = defaultdict(list)
    for message in connection.execute(
        select(
            Message.enrollment_id,
            Message.state,
            Message.due_at,
            Message.sent_at,
            Step.id.label("step"),
            IS_NEXT.label("is_next"),
        )
        .join(Sequence, Sequence.id == Message.sequence_id)
        .join(
            Step,
            and_(Step.campaign_id == Sequence.campaign_id, Step.position == Message.position),
        )
        .where(Message.enrollment_id.in_(people))
    ):
        messages[message.enrollment_id].append(message)
    return [_row(row, messages[row.id]) for row in rows]


def _row(row: _Row, messages: list[_Row]) -> PersonRow:
    sent = [message.sent_at for message in messages if message.state == MessageState.SENT]
    following = next((message for message in messages if message.is_next), None)
    is_active = row.state == EnrollmentState.ACTIVE
    waits = following is not None and following.state == MessageState.PLANNED
    return PersonRow(
        address=row.address,
        name=name_of(row.fields),
        sender=row.sender,
        state=EnrollmentState(row.state),
        is_paused=is_active and row.pause is not None,
        reason=row.reason,
        steps_sent=len(sent),
        last_sent_at=_moment(max(sent, default=None)),
        next_step=None if following is None else following.step,
        next_state=None if following is None else MessageState(following.state),
        next_due_at=_moment(following.due_at) if following is not None and waits else None,
    )


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
