"""What the ledger holds at one moment, as numbers for dashboards."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from postroad.contracts import CampaignState, ChannelState, MessageState
from postroad.instants import instant
from postroad.ledger.channels import ChannelOverview, list_channels
from postroad.ledger.tables import Campaign, Message, Sequence

CAMPAIGN_PAUSED = "campaign_paused"
NO_CHANNEL = "no_channel"
PROVIDER = "provider"
LIMIT = "limit"
"""Why due messages wait, besides the states in which a channel stands still."""


@dataclass(frozen=True, slots=True)
class ChannelNumbers:
    """One channel."""

    id: str
    kind: str
    state: ChannelState
    sent_24h: int
    next_slot: int | None
    """When the first in its queue may leave; None where nobody queues, or it stands still."""


@dataclass(frozen=True, slots=True)
class LedgerNumbers:
    """Everything."""

    messages: dict[MessageState, int]
    campaigns: dict[CampaignState, int]
    channels: list[ChannelNumbers]
    waiting: Mapping[tuple[str, str], int]
    """Channel (empty where none was chosen) and cause → messages that are due."""


def ledger_numbers(connection: Connection, now: int) -> LedgerNumbers:
    """Count messages and campaigns by state, and what waits for each channel, and why.

    Every message is counted one by one: ask for it now and then only.
    """
    messages = connection.execute(select(Message.state, func.count()).group_by(Message.state))
    campaigns = connection.execute(select(Campaign.state, func.count()).group_by(Campaign.state))
    channels = list_channels(connection, now)
    return LedgerNumbers(
        messages=dict.fromkeys(MessageState, 0) | {MessageState(one): n for one, n in messages},
        campaigns=dict.fromkeys(CampaignState, 0) | {CampaignState(one): n for one, n in campaigns},
        channels=[_numbers(channel) for channel in channels],
        waiting=_waiting(connection, {one.id: _cause(one) for one in channels}, now),
    )


def _waiting(
    connection: Connection, causes: Mapping[str, str], now: int
) -> Counter[tuple[str, str]]:
    """Count the messages that are due and not booked.

    Args:
        connection: a transaction.
        causes: channel → why messages wait for it.
        now: this instant.
    """
    rows = connection.execute(
        select(Message.channel_id, Campaign.state, func.count())
        .join(Sequence, Sequence.id == Message.sequence_id)
        .join(Campaign, Campaign.id == Sequence.campaign_id)
        .where(Message.state == MessageState.PLANNED, Message.due_at <= now)
        .group_by(Message.channel_id, Campaign.state)
    )
    found: Counter[tuple[str, str]] = Counter()
    for channel, state, messages in rows:
        cause = causes.get(channel or "", NO_CHANNEL)
        if state == CampaignState.PAUSED:
            cause = CAMPAIGN_PAUSED
        found[channel or "", cause] += messages
    return found


def _cause(channel: ChannelOverview) -> str:
    if channel.state is not ChannelState.ACTIVE:
        return str(channel.state)
    return LIMIT if channel.held_until is None else PROVIDER


def _numbers(channel: ChannelOverview) -> ChannelNumbers:
    instants = [at for at in (channel.next_turn_at, channel.held_until) if at is not None]
    queues = channel.state is ChannelState.ACTIVE and channel.next_turn_at is not None
    return ChannelNumbers(
        id=channel.id,
        kind=channel.kind,
        state=channel.state,
        sent_24h=channel.sent_24h,
        next_slot=instant(max(instants)) if queues else None,
    )
