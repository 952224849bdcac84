"""Holding and stopping a channel when its provider says so."""

from sqlalchemy import Connection, insert, update

from postroad.contracts import ChannelState
from postroad.ledger.tables import Channel, Event, QuotaScope
from postroad.ledger.upsert import insert_new


def channel_scope(channel: str) -> str:
    """Return the quota scope key of a channel."""
    return f"channel:{channel}"


def hold_channel(connection: Connection, channel: str, until: int, words: str) -> None:
    """Let nobody use the channel before an instant; a longer hold stays."""
    key = channel_scope(channel)
    insert_new(connection, QuotaScope, [{"key": key}])
    connection.execute(
        update(QuotaScope)
        .where(QuotaScope.key == key, QuotaScope.not_before < until)
        .values(not_before=until, not_before_reason=words)
    )


def stop_channel(
    connection: Connection, channel: str, state: ChannelState, words: str, now: int
) -> None:
    """Take an active channel out of service until an operator acts; nothing fails or is lost."""
    stopped = connection.execute(
        update(Channel)
        .where(Channel.id == channel, Channel.state == ChannelState.ACTIVE)
        .values(state=state, state_reason=words, state_at=now)
    ).rowcount
    if stopped:
        connection.execute(
            insert(Event).values(at=now, event=f"channel_{state}", channel_id=channel, detail=words)
        )
