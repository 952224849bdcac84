"""Enrolling a staged chunk of the audience: dedupe, suppress, assign, plan every message."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from postroad.campaign.audience import AudienceRow, RejectionReason, unpack_rows
from postroad.campaign.company import company_key
from postroad.campaign.file import CampaignSettings
from postroad.contracts import ChunkEnrolled, EnrollmentState, MessageState
from postroad.ledger import tables
from postroad.ledger.days_off import NO_DAYS_OFF, days_off, for_sender
from postroad.ledger.steps import CampaignStep, load_settings, load_steps
from postroad.ledger.tables import AudienceChunk, Enrollment, Event, Message, Rejection, Sender
from postroad.quota.turns import Priority

Rejected = tuple[AudienceRow, RejectionReason, str]


def enrol_chunk(connection: Connection, campaign_id: str, number: int, now: int) -> ChunkEnrolled:
    """Enrol one chunk in one transaction; enrolling it again answers the same and adds nothing."""
    chunk = connection.execute(
        select(AudienceChunk.rows, AudienceChunk.result)
        .where(AudienceChunk.campaign_id == campaign_id, AudienceChunk.number == number)
        .with_for_update()
    ).one()
    if chunk.rows is None:
        return ChunkEnrolled.model_validate(chunk.result)
    settings = load_settings(connection, campaign_id)
    _keep_steps(connection, campaign_id)
    zones = {row.email: row.timezone for row in connection.execute(select(Sender))}
    accepted, rejected = sort_out(
        connection, campaign_id, unpack_rows(chunk.rows), settings, set(zones)
    )
    _reject(connection, campaign_id, rejected)
    senders = sorted({sender for _, sender in accepted})
    sequences = {sender: _sequence(connection, campaign_id, sender) for sender in senders}
    if accepted:
        enrollments = _insert_enrollments(connection, campaign_id, accepted, sequences)
        steps = load_steps(connection, campaign_id)
        _plan_messages(connection, accepted, enrollments, sequences, zones, steps, settings, now)
        _tell_enrolled(connection, campaign_id, enrollments, now)
    result = ChunkEnrolled(enrolled=len(accepted), rejected=len(rejected), senders=senders)
    connection.execute(
        update(AudienceChunk)
        .where(AudienceChunk.campaign_id == campaign_id, AudienceChunk.number == number)
        .values(rows=None, result=result.model_dump(mode="json"))
    )
    return result


def _keep_steps(connection: Connection, campaign_id: str) -> None:
    """Let no step be added before these people have a message of every step."""
    campaign = select(tables.Campaign.id).where(tables.Campaign.id == campaign_id)
    connection.execute(campaign.with_for_update(read=True))


def sender_of(row: AudienceRow, settings: CampaignSettings) -> str:
    """Return who writes to a person: the sender whom the file names, else each one in turn."""
    return row.sender or settings.senders[row.row % len(settings.senders)]


def sort_out(
    connection: Connection,
    campaign_id: str,
    rows: Sequence[AudienceRow],
    settings: CampaignSettings,
    known_senders: set[str],
) -> tuple[list[tuple[AudienceRow, str]], list[Rejected]]:
    """Split rows into people with their sender, and rejections with their reason."""
    taken = _enrolled_already(connection, campaign_id, rows)
    suppressed = _suppressed(connection, rows)
    accepted: list[tuple[AudienceRow, str]] = []
    rejected: list[Rejected] = []
    for row in rows:
        sender = sender_of(row, settings)
        stop = suppressed.get(row.address) or suppressed.get(f"@{row.domain}")
        if row.address in taken:
            rejected.append((row, RejectionReason.DUPLICATE, "this address is already enrolled"))
        elif stop is not None:
            rejected.append((row, RejectionReason.SUPPRESSED, stop))
        elif sender not in known_senders:
            detail = f"the workspace has no sender {sender}"
            rejected.append((row, RejectionReason.UNKNOWN_SENDER, detail))
        else:
            taken.add(row.address)
            accepted.append((row, sender))
    return accepted, rejected


def _enrolled_already(
    connection: Connection, campaign_id: str, rows: Iterable[AudienceRow]
) -> set[str]:
    addresses = {row.address for row in rows}
    return set(
        connection.scalars(
            select(Enrollment.address).where(
                Enrollment.campaign_id == campaign_id, Enrollment.address.in_(addresses)
            )
        )
    )


def _suppressed(connection: Connection, rows: Iterable[AudienceRow]) -> dict[str, str]:
    keys = {key for row in rows for key in (row.address, f"@{row.domain}")}
    found = connection.execute(
        select(tables.Suppression.address, tables.Suppression.reason).where(
            tables.Suppression.address.in_(keys)
        )
    )
    return {row.address: row.reason or "suppressed" for row in found}


def _reject(connection: Connection, campaign_id: str, rejected: list[Rejected]) -> None:
    if rejected:
        connection.execute(
            insert(Rejection),
            [
                {
                    "campaign_id": campaign_id,
                    "row": row.row,
                    "address": row.recipient,
                    "reason": reason,
                    "detail": detail,
                }
                for row, reason, detail in rejected
            ],
        )


def _sequence(connection: Connection, campaign_id: str, sender: str) -> int:
    found = connection.scalar(
        select(tables.Sequence.id).where(
            tables.Sequence.campaign_id == campaign_id, tables.Sequence.sender == sender
        )
    )
    if found is not None:
        return found
    return connection.execute(
        insert(tables.Sequence)
        .values(campaign_id=campaign_id, sender=sender)
        .returning(tables.Sequence.id)
    ).scalar_one()


def _insert_enrollments(
    connection: Connection,
    campaign_id: str,
    accepted: list[tuple[AudienceRow, str]],
    sequences: dict[str, int],
) -> list[int]:
    """Insert the people and return their row ids, in the order given."""
    rows = [
        {
            "campaign_id": campaign_id,
            "sequence_id": sequences[sender],
            "address": row.address,
            "recipient": row.recipient,
            "person_key": secrets.token_hex(8),
            "company": company_key(row.fields, row.domain),
            "fields": row.fields,
            "timezone": row.timezone,
            "row": row.row,
            "state": EnrollmentState.ACTIVE,
            "reason": "",
        }
        for row, sender in accepted
    ]
    # Reading the ids back is several times cheaper than a statement that returns them all.
    connection.execute(insert(Enrollment), rows)
    ids = connection.execute(
        select(Enrollment.address, Enrollment.id).where(
            Enrollment.campaign_id == campaign_id,
            Enrollment.address.in_([row.address for row, _ in accepted]),
        )
    )
    by_address = {row.address: row.id for row in ids}
    return [by_address[row.address] for row, _ in accepted]


def _plan_messages(
    connection: Connection,
    accepted: list[tuple[AudienceRow, str]],
    enrollments: list[int],
    sequences: dict[str, int],
    zones: dict[str, str],
    steps: list[CampaignStep],
    settings: CampaignSettings,
    now: int,
) -> None:
    """Plan a message for every step; only the first step has a due time yet."""
    planned: list[dict[str, Any]] = []
    off = {} if settings.interactive else days_off(connection, sequences)
    firsts = {sender: for_sender(steps[0], off.get(sender, NO_DAYS_OFF)) for sender in sequences}
    for (row, sender), enrollment_id in zip(accepted, enrollments, strict=True):
        due = firsts[sender].due_at(now, row.timezone, zones[sender])
        planned.extend(
            {
                "enrollment_id": enrollment_id,
                "sequence_id": sequences[sender],
                "position": step.position,
                "priority": _priority(step.position, interactive=settings.interactive),
                "domain": row.domain,
                "state": MessageState.PLANNED,
                "due_at": due if step.position == 0 else None,
                "attempt": 0,
                "deferrals": 0,
                "reason": "",
            }
            for step in steps
        )
    connection.execute(insert(Message), planned)


def _priority(position: int, *, interactive: bool) -> Priority:
    if interactive:
        return Priority.INTERACTIVE
    return Priority.FIRST_TOUCH if position == 0 else Priority.FOLLOW_UP


def _tell_enrolled(
    connection: Connection, campaign_id: str, enrollments: list[int], now: int
) -> None:
    connection.execute(
        insert(Event),
        [
            {
                "at": now,
                "event": "enrolled",
                "campaign_id": campaign_id,
                "enrollment_id": enrollment_id,
                "detail": "",
            }
            for enrollment_id in enrollments
        ],
    )
