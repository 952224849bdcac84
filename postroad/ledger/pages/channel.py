"""One channel: its mailbox, its queue, its health, what happened to it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, func, select

from postroad.dns.health import DomainHealth
from postroad.instants import moment
from postroad.ledger.bounce_rates import Bounces, bounces_of_channel
from postroad.ledger.domain_health import healths_of
from postroad.ledger.tables import Event, Mailbox, QuotaTurn, Sequence
from postroad.ledger.uncertain import count_uncertain

_ABOUT_CHANNELS = (
    "channel_paused", "channel_resumed", "channel_unauthorised", "channel_misconfigured",
)  # fmt: skip


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Turn(_Frozen):
    """A sequence that waits for its turn on the channel."""

    campaign: str
    sender: str
    messages: int
    told_at: datetime
    reason: str


class Happening(_Frozen):
    """One time that the channel stopped, or went on."""

    at: datetime
    event: str
    detail: str


class ChannelPage(_Frozen):
    """What the channel's page tells beside its overview."""

    mailbox_read_at: datetime | None
    sent_7d: int
    uncertain: int
    """Messages on it that wait for somebody's decision."""
    bounces: Bounces
    """What it pauses itself for."""
    domains: list[DomainHealth]
    """SPF, DKIM and DMARC of the domains that leave by it, as far as somebody has looked."""
    turns: list[Turn]
    history: list[Happening]


def channel_page(connection: Connection, channel: str, now: int, since: int) -> ChannelPage:
    """Return a channel's mailbox, queue, health and history.

    Args:
        connection: a transaction.
        channel: the channel's id.
        now: the present instant.
        since: the instant from which what left is counted.
    """
    read_at = connection.scalar(select(Mailbox.read_at).where(Mailbox.channel_id == channel))
    turns = connection.execute(
        select(
            QuotaTurn.campaign_id, Sequence.sender, QuotaTurn.messages, QuotaTurn.told_at,
            QuotaTurn.reason,
        )
        .join(Sequence, Sequence.id == QuotaTurn.sequence_id)
        .where(QuotaTurn.channel_id == channel, QuotaTurn.told_at > now)
        .order_by(QuotaTurn.told_at, QuotaTurn.sequence_id)
    )  # fmt: skip
    history = connection.execute(
        select(Event.at, Event.event, Event.detail)
        .where(Event.event.in_(_ABOUT_CHANNELS), Event.channel_id == channel)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(20)
    )
    return ChannelPage(
        mailbox_read_at=None if read_at is None else moment(read_at),
        sent_7d=_count_sent(connection, channel, since),
        uncertain=count_uncertain(connection, channel=channel),
        bounces=bounces_of_channel(connection, channel, now),
        domains=healths_of(connection, channel),
        turns=[
            Turn(
                campaign=row.campaign_id,
                sender=row.sender,
                messages=row.messages,
                told_at=moment(row.told_at),
                reason=row.reason,
            )
            for row in turns
        ],
        history=[
            Happening(at=moment(row.at), event=row.event, detail=row.detail) for row in history
        ],
    )


def _count_sent(connection: Connection, channel: str, since: int) -> int:
    return (
        connection.scalar(
            select(func.count())
            .select_from(Event)
            .where(Event.event == "sent", Event.at > since, Event.channel_id == channel)
        )
        or 0
    )
