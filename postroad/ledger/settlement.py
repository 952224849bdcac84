"""Settling messages: what became of each attempt, and what it means for the person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, literal, select, update

from postroad.contracts import EnrollmentState, MessageState
from postroad.contracts.states import NOT_YET_LEFT
from postroad.ledger.bounce_rates import pause_if_too_many
from postroad.ledger.prepared import Execution, Prepared, given, one_of
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
    thread_id: str | None = None
    """The provider's id of the thread it is in, where it has threads."""


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


Unsent = Failed | Uncertain | Deferred | Returned | Suppressed
Outcome = Sent | Unsent

_IN_HAND = (MessageState.RESERVED, MessageState.SENDING)
_MAY_BE_SENT = (*_IN_HAND, MessageState.UNCERTAIN)

_UNSETTLED = and_(Message.id == given("of"), one_of(Message.state, _MAY_BE_SENT))
_TELL_SENT = Prepared(
    insert(Event).from_select(
        ["at", "event", "campaign_id", "enrollment_id", "position", "channel_id", "detail"],
        select(
            given("sent", Event.at),
            literal("sent", Event.event.type),
            given("campaign", Event.campaign_id),
            Message.enrollment_id,
            Message.position,
            Message.channel_id,
            given("response", Event.detail),
        ).where(_UNSETTLED),
    )
)
_MARK_SENT = Prepared(
    update(Message)
    .where(_UNSETTLED)
    .values(
        state=MessageState.SENT,
        sent_at=given("sent"),
        charge_at=given("sent"),
        provider_id=given("provider"),
        thread_id=given("thread"),
        message_id=given("carried"),
        reason="",
    )
)
_MAKE_DUE = Prepared(
    update(Message)
    .where(
        Message.enrollment_id == given("of"),
        Message.position == given("next"),
        Message.state == MessageState.PLANNED,
        Message.due_at.is_(None),
    )
    .values(due_at=given("due"))
)
_FINISH = Prepared(
    update(Enrollment)
    .where(Enrollment.id == given("of"), Enrollment.state == EnrollmentState.ACTIVE)
    .values(state=EnrollmentState.FINISHED)
)


def settle_sent(sent: Sequence[Sent]) -> list[Execution]:
    """Record acceptances; settling one again changes nothing."""
    rows = [_sent_values(outcome) for outcome in sent]
    following = [_next_values(s) for s in sent if s.next_due_at is not None]
    finished = [{"of": s.subject.enrollment} for s in sent if s.next_due_at is None]
    executions = [
        _TELL_SENT.over(rows),
        _MARK_SENT.over(rows),
        _MAKE_DUE.over(following),
        _FINISH.over(finished),
    ]
    return [execution for execution in executions if execution.rows]


def settle_unsent(connection: Connection, outcomes: Iterable[Unsent]) -> None:
    """Record every other outcome; settling one again changes nothing."""
    for outcome in outcomes:
        _settle(connection, outcome)


def end_person(connection: Connection, enrollment: int, state: EnrollmentState, reason: str) -> int:
    """End a person's sequence; return how many messages that stopped.

    A reserved message is stopped as well: whoever has it in hand must claim it first.
    """
    ended = connection.execute(
        update(Enrollment)
        .where(Enrollment.id == enrollment, Enrollment.state == EnrollmentState.ACTIVE)
        .values(state=state, reason=reason)
    ).rowcount
    if not ended:
        return 0
    return connection.execute(
        update(Message)
        .where(Message.enrollment_id == enrollment, Message.state.in_(NOT_YET_LEFT))
        .values(
            state=MessageState.SUPPRESSED, due_at=None, charge_at=None, reason=f"the person {state}"
        )
    ).rowcount


def _sent_values(outcome: Sent) -> dict[str, Any]:
    return {
        "of": outcome.subject.message,
        "sent": outcome.at,
        "provider": outcome.provider_id,
        "thread": outcome.thread_id,
        "carried": outcome.message_id,
        "campaign": outcome.subject.campaign,
        "response": outcome.response,
    }


def _next_values(outcome: Sent) -> dict[str, Any]:
    return {
        "of": outcome.subject.enrollment,
        "next": outcome.subject.position + 1,
        "due": outcome.next_due_at,
    }


def _settle(connection: Connection, outcome: Unsent) -> None:
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
        connection.execute(insert(Event).values(_event(outcome)))
    if isinstance(outcome, Failed) and outcome.person is EnrollmentState.BOUNCED:
        pause_if_too_many(connection, subject.channel, subject.campaign, outcome.at)


def _values(outcome: Unsent) -> dict[str, Any]:
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


def _event(outcome: Failed | Uncertain | Deferred | Suppressed) -> dict[str, Any]:
    subject = outcome.subject
    return {
        "at": outcome.at,
        "event": _event_name(outcome),
        "campaign_id": subject.campaign,
        "enrollment_id": subject.enrollment,
        "position": subject.position,
        "channel_id": subject.channel,
        "detail": outcome.reason,
    }


def _event_name(outcome: Failed | Uncertain | Deferred | Suppressed) -> str:
    match outcome:
        case Failed():
            return "bounced" if outcome.person is EnrollmentState.BOUNCED else "failed"
        case Uncertain():
            return "uncertain"
        case Deferred():
            return "deferred"
        case Suppressed():
            return "suppressed"
