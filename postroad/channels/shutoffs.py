"""What providers switch off, and when: the calendar that `postroad doctor` reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_EXCHANGE_ONLINE = ("office365.com", "office.com", "outlook.com")


@dataclass(frozen=True, slots=True)
class Shutoff:
    """One date in the life of a protocol at a provider."""

    kind: str
    """The kind of channel that uses the protocol."""
    domains: tuple[str, ...]
    """The provider's hosts are these or below them."""
    on: date
    ends: bool
    """Whether nothing gets through from then on, whatever an administrator allows."""
    what: str
    way_out: str
    source: str


@dataclass(frozen=True, slots=True)
class ShutoffNotice:
    """What a date means for a channel today."""

    words: str
    way_out: str
    source: str
    is_over: bool
    """Whether nothing gets through any more."""


_TO_GRAPH = "connect the mailbox as kind: exchange_online, which uses Microsoft Graph"

SHUTOFFS = (
    # Moved on 5 Feb 2026: tenants with EWSEnabled and a list of applications keep it until 2027.
    Shutoff(
        kind="exchange",
        domains=_EXCHANGE_ONLINE,
        on=date(2026, 10, 1),
        ends=False,
        what="Exchange Online blocks EWS for applications that the tenant does not allow-list",
        way_out=f"{_TO_GRAPH}; until then an administrator allows the application's id",
        source="Microsoft 365 message center MC1227454",
    ),
    Shutoff(
        kind="exchange",
        domains=_EXCHANGE_ONLINE,
        on=date(2027, 4, 1),
        ends=True,
        what="Exchange Online has no EWS at all",
        way_out=_TO_GRAPH,
        source="Microsoft 365 message center MC1227454",
    ),
    Shutoff(
        kind="smtp",
        domains=_EXCHANGE_ONLINE,
        on=date(2026, 12, 31),
        ends=False,
        what="Exchange Online refuses passwords by SMTP unless an administrator allows them again",
        way_out=_TO_GRAPH,
        source="techcommunity.microsoft.com/blog/exchange, 4114750, as updated on 27 Jan 2026",
    ),
)
"""In order of their dates, for each kind of channel and provider."""


def shutoffs(kind: str, host: str, today: date) -> Iterator[ShutoffNotice]:
    """Yield what is or will be switched off for a channel; what is over replaces what led to it.

    Args:
        kind: the kind of channel.
        host: the provider's host that it talks to.
        today: the date; only with it is something over.
    """
    applying = [one for one in SHUTOFFS if one.kind == kind and _is_at(host, one.domains)]
    over = [one for one in applying if one.ends and one.on <= today]
    for one in over or applying:
        since = "since" if one.on <= today else "from"
        yield ShutoffNotice(
            words=f"{since} {one.on:%-d %B %Y} {one.what}",
            way_out=one.way_out,
            source=one.source,
            is_over=one.ends and one.on <= today,
        )


def _is_at(host: str, domains: tuple[str, ...]) -> bool:
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)
