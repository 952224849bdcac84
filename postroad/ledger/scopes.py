"""Which scopes messages are charged to, and what is charged there already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, true

from postroad.ledger.channel_state import channel_scope
from postroad.ledger.charges import Charged, ChargedScope, load_scope
from postroad.ledger.limits import LimitsInForce, described, limits_in_force
from postroad.ledger.provider_scopes import ProviderScope, provider_scope
from postroad.ledger.tables import Channel, HandSent, Message, QuotaScope
from postroad.ledger.upsert import insert_new

ORGANISATION = "organisation"


def domain_scope(domain: str) -> str:
    """Return the key of a recipient domain's scope."""
    return f"domain:{domain}"


@dataclass(frozen=True, slots=True)
class ChannelScopes:
    """Everything that limits messages on one channel."""

    channel: str
    limits: LimitsInForce
    provider: ProviderScope | None

    @classmethod
    def of(cls, connection: Connection, channel: str) -> "ChannelScopes":
        """Read what is in force."""
        of = described(connection, channel)
        return cls(channel, limits_in_force(of), provider_scope(connection, of))

    @property
    def shared(self) -> tuple[str, ...]:
        """The scopes that all messages on the channel fall in."""
        keys = [channel_scope(self.channel), ORGANISATION]
        if self.provider is not None and not self.provider.internal:
            keys.append(self.provider.key)
        return tuple(keys)

    def own(self, domain: str | None) -> tuple[str, ...]:
        """Return the further scopes that messages to a domain fall in.

        Args:
            domain: the recipients'; None stands for any that nothing is known of.
        """
        keys = []
        if domain in self.limits.domains:
            keys.append(domain_scope(domain or ""))
        internal = frozenset[str]() if self.provider is None else self.provider.internal
        if self.provider is not None and internal and domain not in internal:
            keys.append(self.provider.key)
        return tuple(keys)

    def lock(self, connection: Connection) -> None:
        """Lock the scopes that every message on the channel may fall in."""
        provider = () if self.provider is None else (self.provider.key,)
        lock_scopes(connection, (channel_scope(self.channel), ORGANISATION, *provider))

    def load(
        self, connection: Connection, domains: Iterable[str], *, now: int, wanted: int
    ) -> dict[str, ChargedScope]:
        """Read every scope that messages to these domains fall in, by key.

        Args:
            connection: a transaction; one that holds the locks where a decision is taken.
            domains: the recipients'.
            now: the instant of asking.
            wanted: how many messages may be charged in this decision.
        """
        limits = self.limits
        found = [
            load_scope(
                connection, channel_scope(self.channel), self.channel, limits.channel,
                Charged(Message.channel_id == self.channel, HandSent.channel_id == self.channel),
                now=now, wanted=wanted, spacing=limits.spacing, keep_free=limits.keep_free,
            ),
            load_scope(
                connection, ORGANISATION, "the organisation", limits.organisation,
                Charged(Message.channel_id.in_(select(Channel.id)), true()), now=now, wanted=wanted,
            ),
        ]  # fmt: skip
        if (provider := self.provider) is not None:
            found.append(
                load_scope(
                    connection, provider.key, provider.name, provider.limits,
                    Charged(provider.charged, provider.holds(HandSent.channel_id)),
                    now=now, wanted=wanted,
                )
            )  # fmt: skip
        found += [
            load_scope(
                connection, domain_scope(domain), domain, limits.domains[domain],
                Charged(Message.domain == domain), now=now, wanted=wanted,
            )
            for domain in sorted({domain for domain in domains if domain in limits.domains})
        ]  # fmt: skip
        return {scope.key: scope for scope in found}


def lock_scopes(connection: Connection, keys: Sequence[str]) -> None:
    """Lock scopes in a fixed order; SQLite has locked the whole ledger already."""
    insert_new(connection, QuotaScope, [{"key": key} for key in keys])
    connection.execute(
        select(QuotaScope.key)
        .where(QuotaScope.key.in_(keys))
        .order_by(QuotaScope.key)
        .with_for_update()
    ).all()
