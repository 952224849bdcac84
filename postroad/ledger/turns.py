"""The turns of those who wait for a channel, and how far each campaign got there."""

from sqlalchemy import Connection, delete, select, update

from postroad.contracts import sequence_workflow_id
from postroad.instants import SECOND
from postroad.ledger.channel_state import channel_scope
from postroad.ledger.tables import QuotaScope, QuotaShare, QuotaTurn, Sequence
from postroad.ledger.upsert import insert_new
from postroad.quota.turns import Priority, Shares, Turn

_SOON = 2 * SECOND
"""Whoever is told to come back within this time need not be woken before."""


def waiting(connection: Connection, channel: str) -> list[Turn]:
    """Return everybody's turn on a channel."""
    rows = connection.execute(select(QuotaTurn).where(QuotaTurn.channel_id == channel))
    return [
        Turn(
            sequence=row.sequence_id,
            campaign=row.campaign_id,
            priority=Priority(row.priority),
            messages=row.messages,
            asked_at=row.asked_at,
            told_at=row.told_at,
        )
        for row in rows
    ]


def shares(connection: Connection, channel: str) -> Shares:
    """Return how far each campaign got on a channel."""
    virtual_time = connection.scalar(
        select(QuotaScope.virtual_time).where(QuotaScope.key == channel_scope(channel))
    )
    rows = connection.execute(
        select(QuotaShare.campaign_id, QuotaShare.finish).where(QuotaShare.channel_id == channel)
    )
    return Shares(virtual_time or 0, {campaign: finish for campaign, finish in rows})


def take(connection: Connection, channel: str, turn: Turn, reason: str) -> int:
    """Register a turn, in place of an earlier one; return since when the sequence has waited."""
    asked_at = connection.scalar(
        select(QuotaTurn.asked_at).where(
            QuotaTurn.channel_id == channel, QuotaTurn.sequence_id == turn.sequence
        )
    )
    row = {
        "campaign_id": turn.campaign,
        "priority": turn.priority,
        "messages": turn.messages,
        "told_at": turn.told_at,
        "reason": reason,
    }
    mine = {"channel_id": channel, "sequence_id": turn.sequence, "asked_at": turn.asked_at}
    if not insert_new(connection, QuotaTurn, [mine | row]):
        connection.execute(
            update(QuotaTurn)
            .where(QuotaTurn.channel_id == channel, QuotaTurn.sequence_id == turn.sequence)
            .values(**row)
        )
    return turn.asked_at if asked_at is None else asked_at


def leave(connection: Connection, sequence: int, channel: str) -> int | None:
    """Give up a turn; return since when the sequence has waited, None if it has not."""
    return connection.execute(
        delete(QuotaTurn)
        .where(QuotaTurn.channel_id == channel, QuotaTurn.sequence_id == sequence)
        .returning(QuotaTurn.asked_at)
    ).scalar()


def leave_all(connection: Connection, sequence: int, now: int) -> list[str]:
    """Give up every turn; return the workflow ids of those who may go earlier for it."""
    channels = list(
        connection.scalars(
            delete(QuotaTurn)
            .where(QuotaTurn.sequence_id == sequence)
            .returning(QuotaTurn.channel_id)
        )
    )
    if not channels:
        return []
    behind = connection.execute(
        select(Sequence.campaign_id, Sequence.sender)
        .join(QuotaTurn, QuotaTurn.sequence_id == Sequence.id)
        .where(QuotaTurn.channel_id.in_(channels), QuotaTurn.told_at > now + _SOON)
        .distinct()
    )
    return [sequence_workflow_id(row.campaign_id, row.sender) for row in behind]


def record_share(
    connection: Connection, channel: str, campaign: str, virtual_time: int, finish: int
) -> None:
    """Note how far a campaign got with the wave it was granted."""
    connection.execute(
        update(QuotaScope)
        .where(QuotaScope.key == channel_scope(channel))
        .values(virtual_time=virtual_time)
    )
    row = {"channel_id": channel, "campaign_id": campaign, "finish": finish}
    if not insert_new(connection, QuotaShare, [row]):
        connection.execute(
            update(QuotaShare)
            .where(QuotaShare.channel_id == channel, QuotaShare.campaign_id == campaign)
            .values(finish=finish)
        )
