"""How full the limits of a channel are."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, func, select, true

from postroad.instants import moment
from postroad.ledger.scopes import ChannelScopes
from postroad.ledger.tables import HandSent, Message
from postroad.quota.keep_free import USUAL_SHARE
from postroad.quota.limits import Limit
from postroad.quota.scope import kept_share


class Gauge(BaseModel):
    """One limit, and how much of it is used at this moment."""

    model_config = ConfigDict(frozen=True)

    scope: str
    """What is limited: the channel, the organisation, the provider's tenant or project."""
    limit: str
    """As people write it: `2,000 per 1d`."""
    used: int
    """Messages charged within the period: sent, in doubt, booked, and those sent by hand."""
    most: int
    """How many the limit allows now; a warm-up allows more later."""
    kept: int
    """Of those, how many only single mails may use."""
    grows_at: datetime | None
    """When it allows more by itself."""

    @property
    def is_full(self) -> bool:
        """Whether nothing more may leave now."""
        return self.used >= self.most


def gauges(connection: Connection, channel: str, now: int) -> list[Gauge]:
    """Return a channel's limits, its own first."""
    scopes = ChannelScopes.of(connection, channel)
    own = (Message.channel_id == channel, HandSent.channel_id == channel)
    share = scopes.limits.keep_free
    found = [
        _gauge(connection, channel, limit, *own, now=now, keep_free=share)
        for limit in scopes.limits.channel
    ]
    found += [
        _gauge(
            connection, "the organisation", limit, Message.channel_id.is_not(None), true(), now=now
        )
        for limit in scopes.limits.organisation
    ]
    if (provider := scopes.provider) is not None:
        held = provider.holds(HandSent.channel_id)
        found += [
            _gauge(connection, provider.name, limit, provider.charged, held, now=now)
            for limit in provider.limits
        ]
    return found


def _gauge(
    connection: Connection,
    scope: str,
    limit: Limit,
    messages: ColumnElement[bool],
    by_hand: ColumnElement[bool],
    *,
    now: int,
    keep_free: float = USUAL_SHARE,
) -> Gauge:
    since = now - limit.per_ms
    used = connection.scalar(
        select(func.count()).select_from(Message).where(messages, Message.charge_at > since)
    )
    hand_sent = connection.scalar(
        select(func.coalesce(func.sum(HandSent.messages), 0)).where(by_hand, HandSent.at > since)
    )
    used = int(used or 0) + int(hand_sent or 0)
    grows_at = limit.grows_at(now)
    return Gauge(
        scope=scope,
        limit=str(limit),
        used=used,
        most=limit.messages_at(now),
        kept=kept_share(limit, now, keep_free),
        grows_at=None if grows_at is None else moment(grows_at),
    )
