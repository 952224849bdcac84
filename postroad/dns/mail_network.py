"""Whose servers take a domain's mail: mail inside one network is delivered better."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from dns.rdtypes.ANY.MX import MX

from postroad.dns.resolver import LookupFailed, NoSuchDomain, Resolver

_AT_ONCE = 20
_MOST_REMEMBERED = 20_000
_SHORTEST_SECONDS = 300.0
_LONGEST_SECONDS = 86_400.0
_FAILURE_SECONDS = 60.0
"""A DNS that is away is not asked again for every wave."""


class MailNetwork(StrEnum):
    """Whose servers take a domain's mail."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    OTHER = "other"
    UNKNOWN = "unknown"
    """Nobody could be asked, or the domain does not exist."""


_WELL_KNOWN = {
    MailNetwork.GOOGLE: ("gmail.com", "googlemail.com"),
    MailNetwork.MICROSOFT: ("outlook.com", "hotmail.com", "live.com", "msn.com"),
    MailNetwork.OTHER: (
        "aol.com", "gmx.de", "gmx.net", "icloud.com", "mac.com", "mail.ru", "me.com", "orange.fr",
        "proton.me", "protonmail.com", "qq.com", "t-online.de", "web.de", "yahoo.com", "yandex.ru",
    ),
}  # fmt: skip
"""Consumers' domains, which stand for most of the mail to consumers."""

_MX_HOSTS = {
    # support.google.com/a/answer/174125: smtp.google.com, before 2023 aspmx.l.google.com and
    # aspmx2.googlemail.com.
    MailNetwork.GOOGLE: ("google.com", "googlemail.com"),
    # learn.microsoft.com, "External Domain Name System records for Microsoft 365": a tenant's
    # host under mail.protection.outlook.com or, with DNSSEC, mx.microsoft; consumers' under olc;
    # the clouds for the US government and for China have their own.
    MailNetwork.MICROSOFT: (
        "protection.outlook.com", "mx.microsoft", "mail.eo.outlook.com", "hotmail.com",
        "protection.office365.us", "protection.partner.outlook.cn",
    ),
}  # fmt: skip

_NETWORK_OF = {domain: network for network, all_ in _WELL_KNOWN.items() for domain in all_}


@dataclass(frozen=True, slots=True)
class _Remembered:
    network: MailNetwork
    until: float


class MailNetworks:
    """Knows mail networks, and remembers them as long as DNS allows."""

    def __init__(self, resolver: Resolver, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare with an empty memory.

        Args:
            resolver: whom to ask.
            clock: seconds, for what is remembered.
        """
        self._resolver = resolver
        self._clock = clock
        self._memory: dict[str, _Remembered] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def of(self, domain: str) -> MailNetwork:
        """Return the network of a domain; `unknown` where it cannot be told, never an error."""
        domain = domain.lower().rstrip(".")
        if domain in _NETWORK_OF:
            return _NETWORK_OF[domain]
        known = self._memory.get(domain)
        if known is not None and self._clock() < known.until:
            return known.network
        async with self._turns:
            network, seconds = await self._look_up(domain)
        self._remember(domain, network, seconds)
        return network

    async def of_all(self, domains: Iterable[str]) -> dict[str, MailNetwork]:
        """Return the network of each domain; some are asked for at once, not all."""
        wanted = list(dict.fromkeys(domains))
        return dict(zip(wanted, await asyncio.gather(*map(self.of, wanted)), strict=True))

    async def _look_up(self, domain: str) -> tuple[MailNetwork, float]:
        try:
            answer = await self._resolver.ask(domain, "MX")
        except (LookupFailed, NoSuchDomain):
            return MailNetwork.UNKNOWN, _FAILURE_SECONDS
        seconds = min(max(float(answer.seconds), _SHORTEST_SECONDS), _LONGEST_SECONDS)
        return network_of_hosts(cast("tuple[MX, ...]", answer.records)), seconds

    def _remember(self, domain: str, network: MailNetwork, seconds: float) -> None:
        self._memory.pop(domain, None)
        while len(self._memory) >= _MOST_REMEMBERED:
            del self._memory[next(iter(self._memory))]  # the one looked up first
        self._memory[domain] = _Remembered(network, self._clock() + seconds)


def network_of_hosts(hosts: Iterable[MX]) -> MailNetwork:
    """Return the network that the preferred hosts are in; `other` where they are in several.

    A domain without MX takes mail itself (RFC 5321, 5.1), or none at all (RFC 7505).
    """
    found = list(hosts)
    best = min((host.preference for host in found), default=0)
    networks = {
        _network_of_host(host.exchange.to_text(omit_final_dot=True).lower())
        for host in found
        if host.preference == best
    }
    return networks.pop() if len(networks) == 1 else MailNetwork.OTHER


def _network_of_host(host: str) -> MailNetwork:
    for network, suffixes in _MX_HOSTS.items():
        if any(host == suffix or host.endswith(f".{suffix}") for suffix in suffixes):
            return network
    return MailNetwork.OTHER
