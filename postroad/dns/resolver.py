"""Asking the domain name system, with an end in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

_DEFAULT_TIMEOUT = timedelta(seconds=3)


class LookupFailed(Exception):
    """There is no answer now; the words say why."""


@dataclass(frozen=True, slots=True)
class Records:
    """What a name has, which may be nothing."""

    values: tuple[str, ...]
    good_for: timedelta
    """How long this may be remembered."""


class Resolver:
    """Asks the system's name servers, or others."""

    def __init__(
        self, nameservers: Sequence[str] = (), timeout: timedelta = _DEFAULT_TIMEOUT
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            nameservers: `address` or `address:port` each; none means those of the system.
            timeout: for one question, with every server and attempt.
        """
        self._nameservers = [_nameserver(server) for server in nameservers]
        self._lifetime = timeout.total_seconds()
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def mail_servers(self, domain: str) -> Records:
        """Return the hosts that take a domain's mail, the preferred ones first (RFC 5321, 5.1).

        Raises:
            LookupFailed: nobody can tell now.
        """
        answer = await self._ask(domain, "MX")
        found = sorted(cast("list[MX]", answer.rrset or ()), key=lambda mx: mx.preference)
        hosts = tuple(str(mx.exchange).rstrip(".").lower() for mx in found)
        return Records(hosts, _good_for(answer))

    async def texts(self, name: str) -> Records:
        """Return the TXT records of a name, each put together from its parts (RFC 7208, 3.3).

        Raises:
            LookupFailed: nobody can tell now.
        """
        answer = await self._ask(name, "TXT")
        found = cast("list[TXT]", answer.rrset or ())
        texts = tuple(b"".join(txt.strings).decode("utf-8", "replace") for txt in found)
        return Records(texts, _good_for(answer))

    async def _ask(self, name: str, kind: Literal["MX", "TXT"]) -> dns.resolver.Answer:
        try:
            return await self._configured().resolve(
                name, kind, raise_on_no_answer=False, lifetime=self._lifetime, search=False
            )
        except dns.resolver.NXDOMAIN as error:
            raise NoSuchName(f"there is no {name}") from error
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise LookupFailed(f"{kind} of {name}: {error or type(error).__name__}") from error

    def _configured(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver(configure=not self._nameservers)
            if self._nameservers:
                self._resolver.nameservers = self._nameservers
        return self._resolver


class NoSuchName(LookupFailed):
    """The name does not exist (NXDOMAIN)."""


def _nameserver(server: str) -> dns.nameserver.Nameserver:
    """Return the server of `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:53`."""
    host, _, port = server.rpartition(":")
    if host.startswith("[") or host.count(":") == 0 and host:
        return dns.nameserver.Do53Nameserver(host.strip("[]"), int(port))
    return dns.nameserver.Do53Nameserver(server)


def _good_for(answer: dns.resolver.Answer) -> timedelta:
    return timedelta(seconds=0 if answer.rrset is None else answer.rrset.ttl)
