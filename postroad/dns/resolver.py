"""Asking DNS, with a bound on how long: for programs on an event loop, and for those that block.

Every failure is a `LookupFailed`: no answer in time, a server that refuses, a name that is none.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.nameserver import Do53Nameserver, Nameserver
from dns.rdata import Rdata

from postroad.dns.nameservers import parse_nameserver

_NOTHING_SECONDS = 300
"""How long "there is none" holds."""


class LookupFailed(Exception):
    """DNS could not be asked, or did not answer; says nothing about the domain."""


class NoSuchDomain(Exception):
    """DNS answered that the name does not exist (NXDOMAIN)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of one name; none where the name exists without such records."""

    records: tuple[Rdata, ...]
    seconds: int
    """How long it holds."""


class BlockingResolver(dns.resolver.Resolver):
    """Resolves for code that blocks; past its deadline every question fails at once."""

    def __init__(self, nameservers: Iterable[Nameserver], seconds: float, deadline: float) -> None:
        """Prepare a resolver.

        Args:
            nameservers: whom to ask; the system's where there are none.
            seconds: how long one question may take.
            deadline: when everything has to be over, by time.monotonic().
        """
        super().__init__(configure=False)
        _configure(self, nameservers, seconds)
        self._deadline = deadline
        self.unanswered = 0
        """Questions that nobody answered so far."""

    def resolve(self, *args: Any, **options: Any) -> dns.resolver.Answer:  # noqa: ANN401
        """Ask one question, within what is left of the time."""
        left = max(self._deadline - time.monotonic(), 0.0)
        try:
            return super().resolve(*args, **{**options, "lifetime": min(left, self.lifetime)})
        except (dns.resolver.NoNameservers, dns.exception.Timeout, OSError):
            self.unanswered += 1
            raise

    def ask(self, name: str, kind: str) -> tuple[Rdata, ...]:
        """Return the records of a name; none where the name does not exist either.

        Raises:
            LookupFailed: nobody answered.
        """
        try:
            with _plain_failures(name):
                return tuple(self.resolve(name, kind, raise_on_no_answer=False).rrset or ())
        except NoSuchDomain:
            return ()


class Resolver:
    """Asks the nameservers of the settings."""

    def __init__(
        self, nameservers: Sequence[str] = (), seconds: float = 2.0, *, enabled: bool = True
    ) -> None:
        """Prepare a resolver; nothing is asked yet.

        Args:
            nameservers: addresses, with a port where it is not 53; none are the system's.
            seconds: how long one question may take.
            enabled: False lets every question fail at once.
        """
        self._nameservers = [Do53Nameserver(*parse_nameserver(each)) for each in nameservers]
        self._seconds = seconds
        self._asking: dns.asyncresolver.Resolver | None = None
        self.enabled = enabled

    async def ask(self, name: str, kind: str) -> Answer:
        """Return the records of a name.

        Raises:
            NoSuchDomain: the name does not exist.
            LookupFailed: nobody answered, or look-ups are switched off.
        """
        if not self.enabled:
            raise LookupFailed("look-ups are switched off")
        with _plain_failures(name):
            if self._asking is None:
                asking = dns.asyncresolver.Resolver(configure=False)
                _configure(asking, self._nameservers, self._seconds)
                self._asking = asking
            found = await self._asking.resolve(name, kind, raise_on_no_answer=False)
            if found.rrset is None:
                return Answer((), _NOTHING_SECONDS)
            return Answer(tuple(found.rrset), found.rrset.ttl)

    def blocking(self, seconds: float) -> BlockingResolver:
        """Return a resolver for code that blocks; all its questions together have so long.

        Raises:
            LookupFailed: look-ups are switched off, or the system names no nameserver.
        """
        if not self.enabled:
            raise LookupFailed("look-ups are switched off")
        with _plain_failures("nameservers"):
            deadline = time.monotonic() + seconds
            return BlockingResolver(self._nameservers, self._seconds, deadline)


def _configure(
    resolver: dns.resolver.BaseResolver, nameservers: Iterable[Nameserver], seconds: float
) -> None:
    chosen = list(nameservers)
    resolver.nameservers = chosen or dns.resolver.Resolver().nameservers
    resolver.timeout = resolver.lifetime = seconds


@contextmanager
def _plain_failures(name: str) -> Iterator[None]:
    """Turn what dnspython raises, for hostile names too, into the two failures there are."""
    try:
        yield
    except dns.resolver.NXDOMAIN:
        raise NoSuchDomain(f"{name} does not exist") from None
    except dns.exception.Timeout:
        raise LookupFailed("DNS did not answer in time") from None
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        raise LookupFailed(f"DNS gave no answer ({type(error).__name__})") from None
