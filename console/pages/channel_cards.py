"""A channel as people glance at it: its state, its gauges, and when the next message may leave."""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import Connection

from postroad.ledger.channels import ChannelOverview, list_channels
from postroad.ledger.pages.gauges import Gauge, gauges


@dataclass(frozen=True, slots=True)
class ChannelCard:
    """One channel."""

    channel: ChannelOverview
    gauges: list[Gauge]


def channel_place(channel: str) -> str:
    """Return where a channel is shown."""
    return f"/channels/{quote(channel, safe='')}"


def channel_cards(connection: Connection, now: int, sender: str | None) -> list[ChannelCard]:
    """Return the channels that somebody may see: reps their own, and those that are shared."""
    return [
        ChannelCard(channel, gauges(connection, channel.id, now))
        for channel in list_channels(connection, now)
        if sender is None or channel.shared or channel.address == sender
    ]
