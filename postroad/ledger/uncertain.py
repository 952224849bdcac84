"""Messages that may or may not have left: an operator looks, then resends or dismisses.

Nothing here is automatic: a second mail to the same person is a decision, not a retry.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, Select, and_, func, insert, select, update

from postroad.contracts import (
    CampaignState,
    EnrollmentState,
    MessageState,
    sequence_workflow_id,
)
from postroad.instants import moment
from postroad.ledger.going_on import Passed, go_on
from postroad.ledger.settlement import end_person
from postroad.ledger.tables import (
    Campaign,
    Enrollment,
    Event,
    Message,
    Sequence,
    Step,
)


class UncertainMessage(BaseModel):
    """One row of `uncertain list --json`."""

    model_config = ConfigDict(frozen=True)

    id: int
    """What `uncertain resend` and `uncertain dismiss` take."""
    campaign: str
    step: str
    sender: str
    email: str
    channel: str | None
    message_id: str | None
    tried_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What an operator's decision changed."""

    messages: list[int] = field(default_factory=list[int])
    refused: dict[int, str] = field(default_factory=dict[int, str])
    """Message id → why it was left as it is."""
    wake: set[str] = field(default_factory=set[str])
    """Sequences that now have something else to do, as workflow ids."""


def list_uncertain(
    connection: Connection,
    campaign_id: str | None = None,
    *,
    sender: str | None = None,
    at_most: int | None = None,
) -> list[UncertainMessage]:
    """Return the messages that wait for a decision, oldest first.

    Args:
        connection: a transaction.
        campaign_id: only this campaign's.
        sender: only this sender's.
        at_most: how many to return; None for all of them.
    """
    statement = _uncertain(sender).order_by(Message.charge_at, Message.id).limit(at_most)
    if campaign_id is not None:
        statement = statement.where(Enrollment.campaign_id == campaign_id)
    return [
        UncertainMessage(
            id=row.id,
            campaign=row.campaign_id,
            step=row.step,
            sender=row.sender,
            email=row.recipient,
            channel=row.channel_id,
            message_id=row.message_id,
            tried_at=None if row.charge_at is None else moment(row.charge_at),
            reason=row.reason,
        )
        for row in connection.execute(statement)
    ]


def count_uncertain(
    connection: Connection, sender: str | None = None, channel: str | None = None
) -> int:
    """Count the messages that wait for a decision: all, a sender's, or those on a channel."""
    statement = _uncertain(sender).with_only_columns(func.count())
    if channel is not None:
        statement = statement.where(Message.channel_id == channel)
    return connection.scalars(statement).one()


def resend(
    connection: Connection,
    messages: Collection[int] | None,
    by: str,
    now: int,
    *,
    sender: str | None = None,
) -> Decided:
    """Send uncertain messages again, at once and through the same channel.

    Args:
        connection: a write transaction.
        messages: row ids; None means all of them.
        by: who decided.
        now: the present instant.
        sender: the only sender whose messages may be decided about.
    """
    decided = Decided()
    for row in _rows(connection, messages, sender, decided):
        stop = _why_not_resend(row)
        if stop is not None:
            decided.refused[row.id] = stop
            continue
        connection.execute(
            update(Message)
            .where(Message.id == row.id)
            .values(
                state=MessageState.PLANNED,
                # It was due when it was tried; an operator's clock could be ahead of the server's.
                due_at=now if row.due_at is None else min(row.due_at, now),
                charge_at=None,
                wave=None,
                reason="",
            )
        )
        _record(connection, decided, row, event="resent", detail=f"by {by}", now=now)
    return decided


def dismiss(
    connection: Connection,
    messages: Collection[int] | None,
    by: str,
    now: int,
    *,
    as_sent: bool = False,
    sender: str | None = None,
) -> Decided:
    """Stop asking about uncertain messages; they stay charged, since they may have left.

    Args:
        connection: a write transaction.
        messages: row ids; None means all of them.
        by: who decided.
        now: the present instant.
        as_sent: count them as sent, so that the people go on to their next step; otherwise
            they have failed and the people's sequences end.
        sender: the only sender whose messages may be decided about.
    """
    decided = Decided()
    for row in _rows(connection, messages, sender, decided):
        if as_sent:
            _count_as_sent(connection, row, now)
            detail = f"counted as sent by {by}"
        else:
            detail = f"dismissed by {by}: may or may not have left"
            _give_up(connection, row, detail)
        _record(connection, decided, row, event="dismissed", detail=detail, now=now)
    return decided


def _uncertain(sender: str | None) -> Select[*tuple[Any, ...]]:
    statement = (
        select(
            Message.id,
            Message.enrollment_id,
            Message.position,
            Message.channel_id,
            Message.message_id,
            Message.charge_at,
            Message.due_at,
            Message.reason,
            Enrollment.campaign_id,
            Enrollment.recipient,
            Enrollment.timezone,
            Enrollment.state.label("person"),
            Sequence.sender,
            Step.id.label("step"),
            Campaign.state.label("campaign_state"),
        )
        .select_from(Message)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .join(Sequence, Sequence.id == Message.sequence_id)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .join(
            Step,
            and_(Step.campaign_id == Enrollment.campaign_id, Step.position == Message.position),
        )
        .where(Message.state == MessageState.UNCERTAIN)
    )
    return statement if sender is None else statement.where(Sequence.sender == sender)


def _rows(
    connection: Connection,
    messages: Collection[int] | None,
    sender: str | None,
    decided: Decided,
) -> list[Row[Any]]:
    """Lock and return the messages asked for; note those that are not uncertain, or not theirs."""
    statement = _uncertain(sender).order_by(Message.id).with_for_update(of=Message)
    if messages is not None:
        statement = statement.where(Message.id.in_(messages))
    rows = list(connection.execute(statement))
    missing = set(messages or ()) - {row.id for row in rows}
    decided.refused.update(dict.fromkeys(sorted(missing), "it is not uncertain"))
    return rows


def _why_not_resend(row: Row[Any]) -> str | None:
    if row.person != EnrollmentState.ACTIVE:
        return f"{row.recipient} is {row.person} in {row.campaign_id}; dismiss it"
    if row.campaign_state in (CampaignState.CANCELLED, CampaignState.COMPLETED):
        return f"the campaign {row.campaign_id} is {row.campaign_state}; dismiss it"
    return None


def _give_up(connection: Connection, row: Row[Any], reason: str) -> None:
    connection.execute(
        update(Message).where(Message.id == row.id).values(state=MessageState.FAILED, reason=reason)
    )
    end_person(connection, row.enrollment_id, EnrollmentState.FAILED, reason)


def _count_as_sent(connection: Connection, row: Row[Any], now: int) -> None:
    connection.execute(
        update(Message)
        .where(Message.id == row.id)
        .values(state=MessageState.SENT, sent_at=row.charge_at or now, reason="")
    )
    passed = Passed(row.enrollment_id, row.position, now)
    go_on(connection, row.campaign_id, row.sender, [passed])


def _record(
    connection: Connection, decided: Decided, row: Row[Any], *, event: str, detail: str, now: int
) -> None:
    connection.execute(
        insert(Event).values(
            at=now,
            event=event,
            campaign_id=row.campaign_id,
            enrollment_id=row.enrollment_id,
            position=row.position,
            channel_id=row.channel_id,
            detail=detail,
        )
    )
    decided.messages.append(row.id)
    decided.wake.add(sequence_workflow_id(row.campaign_id, row.sender))
