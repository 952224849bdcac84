"""Claiming messages: the last check of the stop rules, committed before the first byte leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, or_, select, true, update

from postroad.contracts import CampaignState, ChannelState, EnrollmentState, MessageState
from postroad.ledger.prepared import Execution, Prepared, given, one_of
from postroad.ledger.tables import Campaign, Channel, Enrollment, Message, Pause, Suppression


@dataclass(frozen=True, slots=True)
class Claim:
    """The wish to send one reserved message now."""

    message: int
    """Row id."""
    wave: int
    attempt: int
    """The activity attempt; a claim is only ever repeated by the attempt that made it."""
    version: int
    """The version of the text that is about to leave."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The message is marked sending: it may leave now, once."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The message must not leave any more."""

    reason: str
    unsubscribed: bool = False
    """The address itself is suppressed, so the person's sequence ends."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """The message must not leave now, but stays due (campaign or channel paused)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """The person is paused: the message stays due, and others of its wave may leave."""

    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else decided about this message in the meantime; leave it alone."""


Verdict = Granted | Stopped | Postponed | Held | Taken

_SUPPRESSED = (
    exists()
    .where(one_of(Suppression.address, (Enrollment.address, "@" + Message.domain)))
    .correlate(Message, Enrollment)
)
_PAUSED = exists().where(Pause.enrollment_id == Enrollment.id).correlate(Enrollment)
_MAY_LEAVE = (
    select(true())
    .select_from(Enrollment)
    .join(Campaign, Campaign.id == Enrollment.campaign_id)
    .join(Channel, Channel.id == Message.channel_id)
    .where(
        Enrollment.id == Message.enrollment_id,
        Enrollment.state == EnrollmentState.ACTIVE,
        Campaign.state == CampaignState.RUNNING,
        Channel.state == ChannelState.ACTIVE,
        ~_SUPPRESSED,
        ~_PAUSED,
    )
    .correlate(Message)
    .exists()
)
_MINE_ALREADY = and_(Message.state == MessageState.SENDING, Message.attempt == given("by_attempt"))
_MARK_SENDING = Prepared(
    update(Message)
    .where(
        Message.id == given("message"),
        Message.wave == given("in_wave"),
        or_(Message.state == MessageState.RESERVED, _MINE_ALREADY),
        _MAY_LEAVE,
    )
    .values(state=MessageState.SENDING, attempt=given("by_attempt"), version=given("of_version"))
    .returning(Message.id)
)


def mark_sending(claims: Sequence[Claim]) -> Execution:
    """Mark messages sending, each only if every stop rule still allows it.

    Repeating a claim after a commit whose outcome was lost grants it again, to the same attempt.

    Returns:
        What, once run, returns the row ids of the messages that may leave.
    """
    return _MARK_SENDING.over([_wish(wanted) for wanted in claims])


def _wish(wanted: Claim) -> dict[str, int]:
    return {
        "message": wanted.message,
        "in_wave": wanted.wave,
        "by_attempt": wanted.attempt,
        "of_version": wanted.version,
    }


def why_not(connection: Connection, wanted: Claim) -> Verdict:
    """Return why a claim was not granted."""
    row = connection.execute(
        select(
            Message.state,
            Message.wave,
            Message.channel_id,
            Enrollment.state.label("person"),
            Enrollment.reason.label("person_reason"),
            Campaign.state.label("campaign"),
            Channel.state.label("channel"),
            Suppression.reason.label("suppression"),
            Pause.by.label("paused_by"),
        )
        .select_from(Message)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .outerjoin(Channel, Channel.id == Message.channel_id)
        .outerjoin(Pause, Pause.enrollment_id == Enrollment.id)
        .outerjoin(
            Suppression,
            Suppression.address.in_([Enrollment.address, "@" + Message.domain]),
        )
        .where(Message.id == wanted.message)
        .limit(1)
    ).one()
    if row.state != MessageState.RESERVED or row.wave != wanted.wave:
        return Taken()
    if (stopped := _stopped(row)) is not None:
        return stopped
    if row.campaign != CampaignState.RUNNING:
        return Postponed(f"the campaign is {row.campaign}")
    if row.paused_by is not None:
        return Held(f"the person is paused by {row.paused_by}")
    return Postponed(f"{row.channel_id} is {row.channel}")


def _stopped(row: Row[*tuple[Any, ...]]) -> Stopped | None:
    if row.suppression is not None:
        return Stopped(f"suppressed: {row.suppression}", unsubscribed=True)
    if row.person != EnrollmentState.ACTIVE:
        return Stopped(f"the person {row.person}: {row.person_reason}".removesuffix(": "))
    if row.campaign == CampaignState.CANCELLED:
        return Stopped("the campaign was cancelled")
    return None
