"""Whether a domain publishes a key that a channel's service signs with (RFC 6376)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from dns.rdtypes.ANY.TXT import TXT

from postroad.dns.health import Check, DomainFinding, Level
from postroad.dns.resolver import BlockingResolver, LookupFailed
from postroad.dns.services import SendingService


@dataclass(frozen=True, slots=True)
class Dkim:
    """What was found of a domain's keys."""

    finding: DomainFinding
    published: bool | None
    """Whether a key is where the service's should be; None where nobody can tell."""


def check_dkim(
    domain: str, service: SendingService, resolver: BlockingResolver, selectors: Iterable[str]
) -> Dkim:
    """Look for a key at the service's usual selectors, and at others that were named.

    That none is there proves nothing: DNS does not list a domain's selectors.
    """
    places = list(dict.fromkeys((*selectors, *service.selectors)))
    if not places:
        words = f"which selector {service.name} signs the mail of {domain} with is not known"
        way_out = "set dns.dkim_selectors to the s= of a DKIM-Signature header in its mail"
        return _cannot_tell(words, way_out)
    keys: dict[str, str] = {}
    try:
        for selector in places:
            for key in _keys(f"{selector}._domainkey.{domain}", resolver):
                keys[selector] = key
    except LookupFailed:
        return _cannot_tell(f"DNS did not answer about the DKIM keys of {domain}")
    good = [selector for selector, key in keys.items() if key]
    if good:
        words = f"{domain} publishes a DKIM key at {good[0]}._domainkey"
        return Dkim(DomainFinding(check=Check.DKIM, level=Level.OK, words=words), published=True)
    switch_on = f"sign the mail of {domain}{_at(service)} and publish the record it shows"
    if keys:
        words = f"the DKIM key of {domain} at {next(iter(keys))}._domainkey is revoked"
        finding = DomainFinding(check=Check.DKIM, level=Level.WARN, words=words, way_out=switch_on)
        return Dkim(finding, published=False)
    words = f"{domain} publishes no DKIM key at {', '.join(places)}, so that nobody can tell"
    other = f"{switch_on}, or name its selector in dns.dkim_selectors"
    finding = DomainFinding(check=Check.DKIM, level=Level.UNKNOWN, words=words, way_out=other)
    return Dkim(finding, published=False)


def _at(service: SendingService) -> str:
    return f" ({service.signing})" if service.signing else f" by {service.name}"


def _keys(name: str, resolver: BlockingResolver) -> Iterator[str]:
    """Yield the key of each key record of a name; an empty one is revoked (RFC 6376, 3.6.1)."""
    for record in cast("tuple[TXT, ...]", resolver.ask(name, "TXT")):
        text = b"".join(record.strings).decode("ascii", "replace")
        tags = dict(_tag(part) for part in text.split(";"))
        if "p" in tags and tags.get("v", "DKIM1") == "DKIM1":
            yield tags["p"]


def _tag(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip(), "".join(value.split())


def _cannot_tell(words: str, way_out: str = "") -> Dkim:
    finding = DomainFinding(check=Check.DKIM, level=Level.UNKNOWN, words=words, way_out=way_out)
    return Dkim(finding, published=None)
