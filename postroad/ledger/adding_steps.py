"""Adding a step at the end of a running campaign.

The step is there first, for everybody who is enrolled from then on; then everybody else gets a
message of it, part by part. A wave that had begun before does not know of the step and ends its
people's sequences: whoever was ended like that goes on afterwards.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update

from postroad.contracts import EnrollmentState, InsertStep, LostSequence, MessageState
from postroad.ledger.going_on import Passed, go_on
from postroad.ledger.staging import find_campaign
from postroad.ledger.steps import load_steps
from postroad.ledger.tables import Enrollment, Event, Message, Step, StepVariant
from postroad.ledger.tables import Sequence as SequenceRow
from postroad.quota.turns import Priority

_PART = 1_000
"""People who get a message of it in one transaction, so that senders are never locked out."""
_IN_HAND = (MessageState.RESERVED, MessageState.SENDING)
_BEHIND = (MessageState.SENT, MessageState.DONE, MessageState.SKIPPED)
_Person = Row[*tuple[Any, ...]]
Wave = tuple[int, int]
"""(row id of its sequence, number)."""


class CannotAdd(ValueError):
    """The sentence says why."""


def insert_step(connection: Connection, request: InsertStep, now: int) -> int:
    """Add a step whose texts were staged; return when that was. Adding it again changes nothing.

    Raises:
        CannotAdd: another step was added meanwhile.
    """
    find_campaign(connection, request.campaign_id)  # locks it: people are enrolled at this time
    steps = load_steps(connection, request.campaign_id)
    if request.position < len(steps) and steps[request.position].id == request.step:
        return _added_at(connection, request)
    if request.position != len(steps):
        raise CannotAdd(f"{request.campaign_id} got another step meanwhile: try again")
    place = {"campaign_id": request.campaign_id, "position": request.position}
    connection.execute(
        insert(Step).values(
            **place, id=request.step, settings=request.settings, version=request.version
        )
    )
    if request.variants:
        variants = [{**place, **variant.model_dump()} for variant in request.variants]
        connection.execute(insert(StepVariant), variants)
    connection.execute(
        insert(Event).values(**place, at=now, event="step_added", detail=f"by {request.by}")
    )
    return now


def plan_some(
    connection: Connection, request: InsertStep, added_at: int, now: int, after: int
) -> int | None:
    """Give some people who were enrolled before a message of the step.

    Args:
        connection: a write transaction.
        request: the step, and whether those who have finished go on with it.
        added_at: when it was added; whoever finished later did not know of it.
        now: the present instant.
        after: people up to this row id have theirs.

    Returns:
        The row id of the last person; None when there is nobody left.
    """
    has_one = (
        select(Message.id)
        .where(Message.enrollment_id == Enrollment.id, Message.position == request.position)
        .exists()
    )
    ids = connection.scalars(
        select(Enrollment.id)
        .where(Enrollment.campaign_id == request.campaign_id, Enrollment.id > after, ~has_one)
        .order_by(Enrollment.id)
        .limit(_PART)
    ).all()
    if not ids:
        return None
    people = _lock(connection, ids, request.position)
    going_on = [person for person in people if _gets_it(person, request, added_at)]
    its = {person.id for person in going_on}
    connection.execute(
        insert(Message), [_message(person, request, is_its=person.id in its) for person in people]
    )
    _let_go_on(connection, request, [person for person in going_on if _is_behind(person)], now)
    return ids[-1]


def waves_in_hand(connection: Connection, request: InsertStep) -> set[Wave]:
    """Return the waves that carry what was the last step, and may not know of the new one."""
    rows = connection.execute(
        select(Message.sequence_id, Message.wave)
        .join(SequenceRow, SequenceRow.id == Message.sequence_id)
        .where(
            SequenceRow.campaign_id == request.campaign_id,
            Message.position == request.position - 1,
            Message.state.in_(_IN_HAND),
            Message.wave.is_not(None),
        )
        .distinct()
    )
    return {(row.sequence_id, row.wave) for row in rows if row.wave is not None}


def let_finished_go_on(connection: Connection, request: InsertStep, now: int) -> int:
    """Let those go on whose sequence ended although they have a message of the step to come."""
    ids = connection.scalars(
        select(Enrollment.id)
        .join(Message, Message.enrollment_id == Enrollment.id)
        .where(
            Enrollment.campaign_id == request.campaign_id,
            Enrollment.state == EnrollmentState.FINISHED,
            Message.position == request.position,
            Message.state == MessageState.PLANNED,
        )
        .limit(_PART)
    ).all()
    if ids:
        _let_go_on(connection, request, _lock(connection, ids, request.position), now)
    return len(ids)


def sequences_with_people(connection: Connection, campaign: str) -> list[LostSequence]:
    """Return the sequences that have something to do, whether or not they run."""
    rows = connection.execute(
        select(SequenceRow.sender, func.max(Message.wave).label("waves"))
        .join(Message, Message.sequence_id == SequenceRow.id)
        .where(
            SequenceRow.campaign_id == campaign,
            select(Enrollment.id)
            .where(
                Enrollment.sequence_id == SequenceRow.id,
                Enrollment.state == EnrollmentState.ACTIVE,
            )
            .exists(),
        )
        .group_by(SequenceRow.sender)
        .order_by(SequenceRow.sender)
    )
    return [LostSequence(sender=row.sender, waves=row.waves or 0, unfinished=[]) for row in rows]


def still_in_hand(connection: Connection, waves: Iterable[Wave]) -> bool:
    """Whether one of these waves has something to send yet."""
    row = connection.execute(
        select(Message.id)
        .where(
            tuple_(Message.sequence_id, Message.wave).in_(list(waves)),
            Message.state.in_(_IN_HAND),
        )
        .limit(1)
    ).first()
    return row is not None


def _added_at(connection: Connection, request: InsertStep) -> int:
    return connection.execute(
        select(func.min(Event.at)).where(
            Event.campaign_id == request.campaign_id,
            Event.event == "step_added",
            Event.position == request.position,
        )
    ).scalar_one()


def _lock(connection: Connection, people: Sequence[int], position: int) -> list[_Person]:
    """Read people and their message before the step; nobody settles these meanwhile.

    Messages before people, as sending settles them, so that none deadlocks.
    """
    before = (Message.enrollment_id.in_(people), Message.position == position - 1)
    connection.execute(select(Message.id).where(*before).order_by(Message.id).with_for_update())
    last_sent = (
        select(func.max(Message.sent_at))
        .where(Message.enrollment_id == Enrollment.id)
        .scalar_subquery()
    )
    last_state = (
        select(Message.state)
        .where(Message.enrollment_id == Enrollment.id, Message.position == position - 1)
        .scalar_subquery()
    )
    return list(
        connection.execute(
            select(
                Enrollment.id,
                Enrollment.sequence_id,
                Enrollment.address,
                Enrollment.state,
                Enrollment.reason,
                SequenceRow.sender,
                last_sent.label("sent_at"),
                last_state.label("last_state"),
            )
            .join(SequenceRow, SequenceRow.id == Enrollment.sequence_id)
            .where(Enrollment.id.in_(people))
            .order_by(Enrollment.id)
            .with_for_update(of=Enrollment)
        )
    )


def _gets_it(person: _Person, request: InsertStep, added_at: int) -> bool:
    if person.state == EnrollmentState.ACTIVE:
        return True
    if person.state != EnrollmentState.FINISHED or person.reason:
        return False
    return request.reopen_finished or (person.sent_at or 0) >= added_at


def _is_behind(person: _Person) -> bool:
    """Whether all that came before the step is behind a person."""
    return person.last_state in _BEHIND


def _message(person: _Person, request: InsertStep, *, is_its: bool) -> dict[str, Any]:
    return {
        "enrollment_id": person.id,
        "sequence_id": person.sequence_id,
        "position": request.position,
        "priority": Priority.FOLLOW_UP,
        "domain": person.address.rpartition("@")[2],
        "state": MessageState.PLANNED if is_its else MessageState.SUPPRESSED,
        "attempt": 0,
        "deferrals": 0,
        "reason": "" if is_its else f"the person {person.state} before the step was added",
    }


def _let_go_on(
    connection: Connection, request: InsertStep, people: Sequence[_Person], now: int
) -> None:
    """Make the step due for people, counted from what was last sent to them."""
    finished = [person.id for person in people if person.state == EnrollmentState.FINISHED]
    connection.execute(
        update(Enrollment)
        .where(Enrollment.id.in_(finished))
        .values(state=EnrollmentState.ACTIVE, reason="")
    )
    of_sender: defaultdict[str, list[Passed]] = defaultdict(list)
    for person in people:
        since = person.sent_at or now
        of_sender[person.sender].append(Passed(person.id, request.position - 1, since))
    for sender, passed in of_sender.items():
        go_on(connection, request.campaign_id, sender, passed)
