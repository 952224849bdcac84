"""The domains that mail leaves from, by channel, and what DNS said last about each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select, update

from postroad.campaign.file import CampaignSettings
from postroad.channels.options import may_use
from postroad.dns.health import DomainHealth
from postroad.ledger.channel_options import RETIRED, load_options, load_wish
from postroad.ledger.tables import Channel, Sender
from postroad.ledger.tables import DomainHealth as HealthRow
from postroad.ledger.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Route:
    """Where a channel hands its mail over."""

    channel: str
    kind: str
    host: str
    envelope_domain: str | None
    """Of the address that bounces go to, where it is not the sender's."""


@dataclass(frozen=True, slots=True)
class Way:
    """A From domain on a channel that its senders may use."""

    domain: str
    route: Route


def load_routes(connection: Connection) -> dict[str, Route]:
    """Return where each channel of the workspace hands its mail over."""
    rows = connection.execute(select(Channel.id, Channel.kind, Channel.settings))
    return {row.id: _route(*row) for row in rows.all() if not row.settings.get(RETIRED)}


def load_ways(connection: Connection) -> list[Way]:
    """Return every From domain with each channel that one of its senders may use."""
    routes, options = load_routes(connection), load_options(connection)
    found: dict[Way, None] = {}
    for sender in connection.scalars(select(Sender.email).order_by(Sender.email)).all():
        wish = load_wish(connection, sender, CampaignSettings())
        for channel in sorted(routes):
            if may_use(wish, options[channel]):
                found[Way(domain_of(sender), routes[channel])] = None
    return list(found)


def store_health(connection: Connection, channel: str, health: DomainHealth) -> None:
    """Keep what was found, in place of what was found before."""
    values = health.model_dump(mode="json", include={"checked_at", "findings"})
    key = {"channel_id": channel, "domain": health.domain}
    if not insert_new(connection, HealthRow, [key | values]):
        connection.execute(
            update(HealthRow)
            .where(HealthRow.channel_id == channel, HealthRow.domain == health.domain)
            .values(values)
        )


def load_health(connection: Connection, channel: str, domain: str) -> DomainHealth | None:
    """Return what was found last; None where nobody has looked."""
    row = connection.execute(
        select(HealthRow.domain, HealthRow.checked_at, HealthRow.findings).where(
            HealthRow.channel_id == channel, HealthRow.domain == domain
        )
    ).first()
    return None if row is None else DomainHealth.model_validate(row._asdict())


def healths_of(connection: Connection, channel: str) -> list[DomainHealth]:
    """Return what was found last about every domain that somebody looked at for a channel."""
    rows = connection.execute(
        select(HealthRow.domain, HealthRow.checked_at, HealthRow.findings)
        .where(HealthRow.channel_id == channel)
        .order_by(HealthRow.domain)
    )
    return [DomainHealth.model_validate(row._asdict()) for row in rows]


def domain_of(address: str) -> str:
    """Return the domain of a normalised address."""
    return address.rpartition("@")[2]


def _route(channel: str, kind: str, settings: Mapping[str, Any]) -> Route:
    url = settings.get("server") or settings.get("endpoint")
    host = settings.get("host") or (urlsplit(url).hostname if url else None)
    envelope = (settings.get("bounces") or {}).get("address") or settings.get("envelope_from")
    return Route(channel, kind, host or "", domain_of(envelope) if envelope else None)
