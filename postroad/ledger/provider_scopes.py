"""The scope that a provider lays over several channels: a tenant, or a project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from postroad.ledger.limits import Described
from postroad.ledger.tables import Channel, Message
from postroad.quota.limits import Limit
from postroad.quota.providers import GOOGLE_PROJECT, Tenant, google_project


@dataclass(frozen=True, slots=True)
class ProviderScope:
    """What several channels share at their provider."""

    key: str
    name: str
    limits: Sequence[Limit]
    channels: Select[str]
    """The ids of the channels in it."""
    internal: frozenset[str] = frozenset()
    """Recipient domains that do not count."""

    def holds(self, channel: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Say that a column names one of its channels."""
        return channel.in_(self.channels)

    @property
    def charged(self) -> ColumnElement[bool]:
        """Say which messages count."""
        return and_(self.holds(Message.channel_id), Message.domain.not_in(self.internal))


def provider_scope(connection: Connection, of: Described) -> ProviderScope | None:
    """Return the scope that a channel's provider lays over it and others, where it does."""
    credentials = of.settings.get("credentials") or {}
    if of.kind == "exchange_online" and credentials.get("tenant"):
        tenants = of.organisation.get("tenants") or {}
        return _tenant(connection, credentials["tenant"], tenants)
    if of.kind == "gmail" and credentials.get("client_id"):
        return _project(
            google_project(credentials["client_id"]), of.organisation.get("projects") or {}
        )
    return None


def _tenant(connection: Connection, tenant: str, tenants: Mapping[str, Any]) -> ProviderScope:
    known = Tenant.model_validate(tenants.get(tenant) or {})
    its_own = and_(
        Channel.kind == "exchange_online",
        Channel.settings["credentials"]["tenant"].as_string() == tenant,
    )
    addresses = connection.scalars(select(Channel.address).where(its_own)).all()
    domains = {address.rpartition("@")[2] for address in addresses if address}
    return ProviderScope(
        key=f"tenant:{tenant}",
        name=f"the tenant {tenant}",
        limits=known.external_limits(len(addresses)),
        channels=select(Channel.id).where(its_own),
        internal=frozenset(domains | set(known.domains)),
    )


def _project(project: str, projects: Mapping[str, Any]) -> ProviderScope:
    limits = projects.get(project)
    client = Channel.settings["credentials"]["client_id"].as_string()
    its_own = or_(client == project, client.startswith(f"{project}-", autoescape=True))
    return ProviderScope(
        key=f"project:{project}",
        name=f"the Google project {project}",
        limits=[GOOGLE_PROJECT] if limits is None else [Limit.model_validate(x) for x in limits],
        channels=select(Channel.id).where(Channel.kind == "gmail", its_own),
    )
