"""Whose servers take a domain's mail: within one network, mail is delivered best."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum

from postroad.dns.resolver import LookupFailed, Resolver

_MOST_REMEMBERED = 20_000
_SHORTEST_MEMORY_SECONDS = 300.0
_LONGEST_MEMORY_SECONDS = 86_400.0
_AT_ONCE = 20


class MailNetwork(StrEnum):
    """Whose servers they are."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    OTHER = "other"
    UNKNOWN = "unknown"
    """Nobody could tell."""


_SERVERS = {
    # support.google.com/a/answer/174125: aspmx.l.google.com before 2023, smtp.google.com since.
    "google.com": MailNetwork.GOOGLE,
    "googlemail.com": MailNetwork.GOOGLE,
    # learn.microsoft.com: <domain>.mail.protection.outlook.com, and <domain>.<id>.mx.microsoft
    # with DNSSEC; olc.protection.outlook.com for Outlook.com.
    "protection.outlook.com": MailNetwork.MICROSOFT,
    "mx.microsoft": MailNetwork.MICROSOFT,
}
_WELL_KNOWN = {
    "gmail.com": MailNetwork.GOOGLE,
    "googlemail.com": MailNetwork.GOOGLE,
    "hotmail.com": MailNetwork.MICROSOFT,
    "live.com": MailNetwork.MICROSOFT,
    "msn.com": MailNetwork.MICROSOFT,
    "outlook.com": MailNetwork.MICROSOFT,
}


class MailNetworks:
    """Looks mail networks up, and remembers them as long as the domain's owner allows."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._remembered: OrderedDict[str, tuple[MailNetwork, float]] = OrderedDict()
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def of(self, domain: str) -> MailNetwork:
        """Return a domain's mail network; what cannot be looked up is unknown."""
        if domain in _WELL_KNOWN:
            return _WELL_KNOWN[domain]
        network, good_until = self._remembered.get(domain, (MailNetwork.UNKNOWN, 0.0))
        if time.monotonic() < good_until:
            return network
        async with self._places:
            return await self._look_up(domain)

    async def of_all(self, domains: Iterable[str]) -> dict[str, MailNetwork]:
        """Return the mail network of each domain."""
        wanted = sorted(set(domains))
        found = await asyncio.gather(*(self.of(domain) for domain in wanted))
        return dict(zip(wanted, found, strict=True))

    async def _look_up(self, domain: str) -> MailNetwork:
        try:
            records = await self._resolver.mail_servers(domain)
        except LookupFailed:
            self._remember(domain, MailNetwork.UNKNOWN, 0.0)
            return MailNetwork.UNKNOWN
        network = network_of(records.values)
        self._remember(domain, network, records.good_for.total_seconds())
        return network

    def _remember(self, domain: str, network: MailNetwork, seconds: float) -> None:
        seconds = min(max(seconds, _SHORTEST_MEMORY_SECONDS), _LONGEST_MEMORY_SECONDS)
        self._remembered[domain] = (network, time.monotonic() + seconds)
        self._remembered.move_to_end(domain)
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def network_of(servers: Iterable[str]) -> MailNetwork:
    """Return whose the preferred mail server is; a domain without any takes its mail itself."""
    for server in servers:
        for suffix, network in _SERVERS.items():
            if server == suffix or server.endswith(f".{suffix}"):
                return network
        return MailNetwork.OTHER
    return MailNetwork.OTHER
