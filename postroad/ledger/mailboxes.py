"""How far each mailbox has been read."""

from sqlalchemy import Connection, select, update

from postroad.ledger.tables import Channel, Mailbox
from postroad.ledger.upsert import insert_new


def mailbox_cursor(connection: Connection, channel: str) -> str | None:
    """Return the cursor to read a channel's inbox on from; None before it was first read."""
    return connection.scalar(select(Mailbox.cursor).where(Mailbox.channel_id == channel))


def mailbox_read_at(connection: Connection, channel: str) -> int | None:
    """Return when a channel's inbox was last read; None before it was first read."""
    return connection.scalar(select(Mailbox.read_at).where(Mailbox.channel_id == channel))


def keep_cursor(connection: Connection, channel: str, cursor: str, now: int) -> None:
    """Note how far a channel's inbox has been read."""
    row = {"channel_id": channel, "cursor": cursor, "read_at": now}
    if not insert_new(connection, Mailbox, [row]):
        connection.execute(
            update(Mailbox).where(Mailbox.channel_id == channel).values(cursor=cursor, read_at=now)
        )


def mailbox_address(connection: Connection, channel: str) -> str | None:
    """Return the address of a channel's mailbox."""
    return connection.scalar(select(Channel.address).where(Channel.id == channel))
