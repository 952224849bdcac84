"""Rows for tests that read or steer a ledger without running a workflow."""

import itertools
from typing import Any

from sqlalchemy import Connection, insert, select

from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.instants import HOUR, MINUTE
from postroad.ledger.tables import (
    Campaign,
    Channel,
    Enrollment,
    Event,
    Message,
    QuotaTurn,
    Rejection,
    Sender,
    Sequence,
    Step,
)

NOW = 1_795_000_000_000
"""Wed 18 Nov 2026, 11:06:40 UTC."""

ANA = "ana@acme.test"
_keys = itertools.count(1)


def add_channel(connection: Connection, channel: str = "ana-smtp", **values: Any) -> None:
    """Insert an active SMTP channel."""
    row = {
        "id": channel,
        "kind": "smtp",
        "address": ANA,
        "shared": False,
        "settings": {},
        "secrets": "",
        "state": "active",
        "state_reason": "",
        "state_at": NOW - HOUR,
    }
    connection.execute(insert(Channel).values(row | values))


def add_campaign(
    connection: Connection,
    campaign: str = "q4",
    *,
    steps: tuple[str, ...] = ("intro", "nudge"),
    wait: str = "3d",
    state: CampaignState = CampaignState.RUNNING,
    **values: Any,
) -> None:
    """Insert a started campaign whose later steps each wait as long as told."""
    row = {
        "id": campaign,
        "name": campaign.upper(),
        "settings": {"senders": [ANA], "stop_on": ["reply", "bounce", "unsubscribe"]},
        "state": state,
        "staged_at": NOW - 2 * HOUR,
        "started_at": NOW - HOUR,
    }
    connection.execute(insert(Campaign).values(row | values))
    for position, step in enumerate(steps):
        settings = {"wait": wait} if position else {}
        connection.execute(
            insert(Step).values(
                campaign_id=campaign, position=position, id=step, settings=settings, version=1
            )
        )


def add_sender(connection: Connection, sender: str = ANA, **values: Any) -> None:
    """Insert a sender in Madrid."""
    row = {
        "email": sender,
        "name": "Ana Ruiz",
        "timezone": "Europe/Madrid",
        "default_channel": "ana-smtp",
        "settings": {},
    }
    connection.execute(insert(Sender).values(row | values))


def sequence_of(connection: Connection, campaign: str = "q4", sender: str = ANA) -> int:
    """Return the sequence's row id; insert it where it is missing."""
    found = connection.execute(
        select(Sequence.id).where(Sequence.campaign_id == campaign, Sequence.sender == sender)
    ).scalar()
    if found is not None:
        return found
    return connection.execute(
        insert(Sequence).values(campaign_id=campaign, sender=sender).returning(Sequence.id)
    ).scalar_one()


def add_person(
    connection: Connection,
    address: str,
    *messages: MessageState,
    campaign: str = "q4",
    sender: str = ANA,
    state: EnrollmentState = EnrollmentState.ACTIVE,
    channel: str | None = "ana-smtp",
    **values: Any,
) -> list[int]:
    """Insert a person and one message per state given; return the messages' row ids.

    Planned messages after the first open one have no due time yet, as after enrolment. Further
    values go to the first message that is not sent.
    """
    sequence = sequence_of(connection, campaign, sender)
    enrollment = connection.execute(
        insert(Enrollment)
        .values(
            campaign_id=campaign,
            sequence_id=sequence,
            address=address.lower(),
            recipient=address,
            person_key=f"{next(_keys):016x}",
            fields={},
            timezone=None,
            row=2,
            state=state,
            reason="",
        )
        .returning(Enrollment.id)
    ).scalar_one()
    ids = []
    open_ahead = False
    for position, message in enumerate(messages):
        row = _message_row(message, position, open_ahead=open_ahead, channel=channel)
        row |= {
            "enrollment_id": enrollment,
            "sequence_id": sequence,
            "domain": address.rpartition("@")[2].lower(),
        }
        if message is not MessageState.SENT and not open_ahead:
            open_ahead = True
            row |= values
        statement = insert(Message).values(row).returning(Message.id)
        ids.append(connection.execute(statement).scalar_one())
    return ids


def add_event(
    connection: Connection, message: int, event: str, at: int = NOW, **values: Any
) -> None:
    """Insert an event about a message, in its channel."""
    about = connection.execute(
        select(Message.position, Message.channel_id, Enrollment.id, Enrollment.campaign_id)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Message.id == message)
    ).one()
    row = {
        "at": at,
        "event": event,
        "campaign_id": about.campaign_id,
        "enrollment_id": about.id,
        "position": about.position,
        "channel_id": about.channel_id,
        "detail": "",
    }
    connection.execute(insert(Event).values(row | values))


def add_rejection(connection: Connection, address: str, campaign: str = "q4") -> None:
    """Insert a rejected row of the audience."""
    connection.execute(
        insert(Rejection).values(
            campaign_id=campaign, row=9, address=address, reason="malformed", detail="no domain"
        )
    )


def add_turn(connection: Connection, told_at: int, reason: str, *, messages: int = 1) -> None:
    """Let Ana's sequence of q4 wait for its turn on her channel."""
    connection.execute(
        insert(QuotaTurn).values(
            channel_id="ana-smtp",
            sequence_id=sequence_of(connection),
            campaign_id="q4",
            priority=2,
            messages=messages,
            asked_at=NOW,
            told_at=told_at,
            reason=reason,
        )
    )


def _message_row(
    state: MessageState, position: int, *, open_ahead: bool, channel: str | None
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "position": position,
        "priority": 2 if position == 0 else 1,
        "state": state,
        "due_at": None if open_ahead else NOW - MINUTE,
        "channel_id": channel,
        "wave": None,
        "charge_at": None,
        "reason": "",
    }
    if state is MessageState.PLANNED:
        return row
    tried = {"wave": 1, "charge_at": NOW - MINUTE, "message_id": f"<{position}@acme.test>"}
    if state is MessageState.SENT:
        tried["sent_at"] = NOW - MINUTE
    return row | tried
