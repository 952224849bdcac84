"""Asking DNS about the domains that mail leaves from, and keeping what it said."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from operations.clock import now
from operations.finding import Finding, Level, unknown
from postroad.dns.health import DomainHealth
from postroad.dns.health import Level as HealthLevel
from postroad.dns.resolver import BlockingResolver, LookupFailed
from postroad.hosts import is_loopback
from postroad.ledger.domain_health import Way, load_ways, store_health
from postroad.ledger.engine import Ledger
from postroad.setting_tables import DnsSettings

_DOCTOR_SECONDS = 30.0
_OFF = "look-ups are switched off, so that nobody knows about SPF, DKIM and DMARC"
_NOBODY = "this machine names no nameserver, so that nobody knows about SPF, DKIM and DMARC"


@dataclass(frozen=True, slots=True)
class Looked:
    """What DNS said about a domain on a channel."""

    way: Way
    health: DomainHealth


async def check_domains(ledger: Ledger, dns: DnsSettings) -> list[Finding]:
    """Check SPF, DKIM and DMARC of every From domain on every channel it may leave by."""
    with ledger.read() as connection:
        ways = outside(load_ways(connection))
    if ways and not dns.enabled:
        return [unknown("dns", _OFF, "set dns.enabled = true")]
    looked = await look_up(ledger, dns, ways, _DOCTOR_SECONDS)
    if ways and not looked:
        return [unknown("dns", _NOBODY, "set dns.nameservers")]
    return [finding for one in looked for finding in findings_of(one)]


async def look_up(
    ledger: Ledger, dns: DnsSettings, ways: Sequence[Way], seconds: float
) -> list[Looked]:
    """Ask DNS about domains on channels, and keep what it could tell.

    Args:
        ledger: where it is kept.
        dns: whom to ask.
        ways: what to ask about.
        seconds: how long everything may take; what is left is unknown.
    """
    if not ways:
        return []
    try:
        resolver = dns.resolver().blocking(seconds)
    except LookupFailed:
        return []
    return await asyncio.to_thread(_look_up, ledger, dns, ways, resolver)


def outside(ways: Sequence[Way]) -> list[Way]:
    """Return the ways that lead out of this machine; receivers see nothing of the others."""
    return [way for way in ways if way.route.host and not is_loopback(way.route.host)]


def findings_of(looked: Looked) -> Iterator[Finding]:
    """Yield what was found as doctor tells it."""
    for found in looked.health.findings:
        yield Finding(
            level=Level(found.level.value),
            about=f"{found.check} of {looked.way.domain} by {looked.way.route.channel}",
            words=found.words,
            way_out=found.way_out,
        )


def troubles(looked: Looked) -> Iterator[str]:
    """Yield a sentence for everything that makes receivers trust the mail less."""
    for found in looked.health.findings:
        if found.level in (HealthLevel.WARN, HealthLevel.FAIL):
            yield f"{looked.way.route.channel}: {found.words}: {found.way_out}"


def _look_up(
    ledger: Ledger, dns: DnsSettings, ways: Sequence[Way], resolver: BlockingResolver
) -> list[Looked]:
    from postroad.dns.sender_auth import check_domain  # noqa: PLC0415 - checkdmarc is slow
    from postroad.dns.services import service_of_host  # noqa: PLC0415

    known: dict[tuple[str, str, str | None], tuple[DomainHealth, bool]] = {}
    for way in ways:
        route = way.route
        if (question := (way.domain, route.host, route.envelope_domain)) in known:
            continue
        unanswered = resolver.unanswered
        health = check_domain(
            way.domain,
            service_of_host(route.host),
            resolver,
            now(),
            envelope_domain=route.envelope_domain,
            selectors=dns.dkim_selectors,
        )
        known[question] = health, resolver.unanswered == unanswered
    looked: list[Looked] = []
    with ledger.write() as connection:
        for way in ways:
            health, is_whole = known[way.domain, way.route.host, way.route.envelope_domain]
            looked.append(Looked(way, health))
            if is_whole:
                store_health(connection, way.route.channel, health)
    return looked
