"""Connection leases: how many connections to a channel are open, over all workers together."""

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from postroad.instants import SECOND
from postroad.ledger.tables import ConnectionLease
from postroad.ledger.upsert import insert_new

LEASE_MS = 6 * SECOND
"""A killed worker's leases are free again after this time."""


def take_lease(
    connection: Connection, channel: str, holder: str, most: int, now: int
) -> int | None:
    """Take a free lease of a channel; return its number, or None where all `most` are taken."""
    mine = {"holder": holder, "expires_at": now + LEASE_MS}
    for number in range(most):
        row = {"channel_id": channel, "number": number, **mine}
        if insert_new(connection, ConnectionLease, [row]):
            return number
        taken_over = connection.execute(
            update(ConnectionLease)
            .where(*_is(channel, number), ConnectionLease.expires_at <= now)
            .values(**mine)
        ).rowcount
        if taken_over:
            return number
    return None


def renew_leases(connection: Connection, holder: str, now: int) -> None:
    """Keep every lease of a worker for another while."""
    connection.execute(
        update(ConnectionLease)
        .where(ConnectionLease.holder == holder)
        .values(expires_at=now + LEASE_MS)
    )


def free_lease(connection: Connection, channel: str, number: int, holder: str) -> None:
    """Give one lease back."""
    connection.execute(
        delete(ConnectionLease).where(*_is(channel, number), ConnectionLease.holder == holder)
    )


def free_leases(connection: Connection, holder: str, now: int) -> None:
    """Give back every lease of a worker that stops, and sweep those that have expired."""
    connection.execute(
        delete(ConnectionLease).where(
            or_(ConnectionLease.holder == holder, ConnectionLease.expires_at <= now)
        )
    )


def held_leases(connection: Connection, channel: str, now: int) -> int:
    """Return how many connections to a channel may be open now."""
    return len(
        connection.scalars(
            select(ConnectionLease.number).where(
                ConnectionLease.channel_id == channel, ConnectionLease.expires_at > now
            )
        ).all()
    )


def _is(channel: str, number: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ConnectionLease.channel_id == channel, ConnectionLease.number == number
