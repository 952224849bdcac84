"""Settling messages: what became of each attempt, and what it means for the person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.suppression import suppress_address
from postroad.ledger.tables import Enrollment, Event, Message


@dataclass(frozen=True, slots=True)
class Subject:
    """The message that an outcome is about."""

    message: int
    """Row id."""
    enrollment: int
    position: int
    campaign: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider accepted it."""

    subject: Subject
    at: int
    provider_id: str | None
    message_id: str
    response: str
    next_due_at: int | None
    """When the person's next message falls due; None after the last step."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It will never be sent, and the person's sequence ends."""

    subject: Subject
    at: int
    person: EnrollmentState
    """BOUNCED when the recipient was refused, FAILED otherwise, UNSUBSCRIBED when suppressed."""
    reason: str
    address_is_dead: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may or may not have left; an operator decides."""

    subject: Subject
    at: int
    reason: str
    message_id: str | None
    """The Message-ID to look for at the provider."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Refused for now: due again later, through whichever channel is right then."""

    subject: Subject
    at: int
    due_at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Returned:
    """Not tried, or tried and certainly not left: due again at once, and not charged."""

    subject: Subject
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Stopped before sending, with the reason."""

    subject: Subject
    at: int
    reason: str
    unsubscribed: bool = False


Outcome = Sent | Failed | Uncertain | Deferred | Returned | Suppressed

_IN_HAND = (MessageState.RESERVED, MessageState.SENDING)
_MAY_BE_SENT = (*_IN_HAND, MessageState.UNCERTAIN)

_LOCK_UNSETTLED = (
    select(Message.id)
    .where(Message.id.in_(bindparam("of", expanding=True)), Message.state.in_(_MAY_BE_SENT))
    .with_for_update()
)
_MARK_SENT = (
    update(Message)
    .where(Message.id == bindparam("of"))
    .values(
        state=MessageState.SENT,
        sent_at=bindparam("sent"),
        charge_at=bindparam("sent"),
        provider_id=bindparam("provider"),
        message_id=bindparam("carried"),
        reason="",
    )
)
_MAKE_DUE = (
    update(Message)
    .where(
        Message.enrollment_id == bindparam("of"),
        Message.position == bindparam("next"),
        Message.state == MessageState.PLANNED,
    )
    .values(due_at=bindparam("due"))
)
_FINISH = (
    update(Enrollment)
    .where(Enrollment.id == bindparam("of"), Enrollment.state == EnrollmentState.ACTIVE)
    .values(state=EnrollmentState.FINISHED)
)


_INSERT_EVENT = insert(Event)


def settle(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Record outcomes; settling one again changes nothing."""
    sent = [outcome for outcome in outcomes if isinstance(outcome, Sent)]
    if sent:
        _settle_sent(connection, sent)
    for outcome in outcomes:
        if not isinstance(outcome, Sent):
            _settle_other(connection, outcome)


def end_person(connection: Connection, enrollment: int, state: EnrollmentState, reason: str) -> int:
    """End a person's sequence; return how many of their planned messages that stopped."""
    ended = connection.execute(
        update(Enrollment)
        .where(Enrollment.id == enrollment, Enrollment.state == EnrollmentState.ACTIVE)
        .values(state=state, reason=reason)
    ).rowcount
    if not ended:
        return 0
    return connection.execute(
        update(Message)
        .where(Message.enrollment_id == enrollment, Message.state == MessageState.PLANNED)
        .values(state=MessageState.SUPPRESSED, due_at=None, reason=f"the person {state}")
    ).rowcount


def _settle_sent(connection: Connection, sent: Sequence[Sent]) -> None:
    fresh = _mark_sent(connection, sent)
    onward = [
        {"of": s.subject.enrollment, "next": s.subject.position + 1, "due": s.next_due_at}
        for s in fresh
        if s.next_due_at is not None
    ]
    done = [{"of": s.subject.enrollment} for s in fresh if s.next_due_at is None]
    if onward:
        connection.execute(_MAKE_DUE, onward)
    if done:
        connection.execute(_FINISH, done)
    _tell(connection, (("sent", s.subject, s.at, s.response) for s in fresh))


def _mark_sent(connection: Connection, sent: Sequence[Sent]) -> list[Sent]:
    """Mark messages sent; return those that were not before."""
    messages = [outcome.subject.message for outcome in sent]
    unsettled = set(connection.scalars(_LOCK_UNSETTLED, {"of": messages}))
    fresh = [outcome for outcome in sent if outcome.subject.message in unsettled]
    if fresh:
        connection.execute(_MARK_SENT, [_sent_values(outcome) for outcome in fresh])
    return fresh


def _sent_values(outcome: Sent) -> dict[str, Any]:
    return {
        "of": outcome.subject.message,
        "sent": outcome.at,
        "provider": outcome.provider_id,
        "carried": outcome.message_id,
    }


def _settle_other(
    connection: Connection, outcome: Failed | Uncertain | Deferred | Returned | Suppressed
) -> None:
    subject = outcome.subject
    changed = connection.execute(
        update(Message)
        .where(Message.id == subject.message, Message.state.in_(_IN_HAND))
        .values(**_values(outcome))
    ).rowcount
    if not changed:
        return
    if isinstance(outcome, Failed):
        end_person(connection, subject.enrollment, outcome.person, outcome.reason)
        if outcome.address_is_dead:
            suppress_address(connection, subject.address, outcome.reason, "bounce", outcome.at)
    if isinstance(outcome, Suppressed) and outcome.unsubscribed:
        end_person(connection, subject.enrollment, EnrollmentState.UNSUBSCRIBED, outcome.reason)
    if not isinstance(outcome, Returned):
        _tell(connection, [(_event(outcome), subject, outcome.at, outcome.reason)])


def _values(outcome: Failed | Uncertain | Deferred | Returned | Suppressed) -> dict[str, Any]:
    values: dict[str, Any] = {"reason": outcome.reason, "charge_at": None}
    match outcome:
        case Failed():
            return values | {"state": MessageState.FAILED}
        case Suppressed():
            return values | {"state": MessageState.SUPPRESSED}
        case Uncertain():
            return values | {
                "state": MessageState.UNCERTAIN,
                "charge_at": outcome.at,
                "message_id": outcome.message_id,
            }
        case Returned():
            return values | {"state": MessageState.PLANNED, "wave": None}
        case Deferred():
            return values | {
                "state": MessageState.PLANNED,
                "wave": None,
                "channel_id": None,
                "due_at": outcome.due_at,
                "deferrals": Message.deferrals + 1,
            }


def _event(outcome: Failed | Uncertain | Deferred | Suppressed) -> str:
    match outcome:
        case Failed():
            return "bounced" if outcome.person is EnrollmentState.BOUNCED else "failed"
        case Uncertain():
            return "uncertain"
        case Deferred():
            return "deferred"
        case Suppressed():
            return "suppressed"


def _tell(connection: Connection, events: Iterable[tuple[str, Subject, int, str]]) -> None:
    rows = [
        {
            "at": at,
            "event": event,
            "campaign_id": subject.campaign,
            "enrollment_id": subject.enrollment,
            "position": subject.position,
            "channel_id": subject.channel,
            "detail": detail,
        }
        for event, subject, at, detail in events
    ]
    if rows:
        connection.execute(_INSERT_EVENT, rows)
