"""Whether a domain's SPF record lets a channel's service send (RFC 7208)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from checkdmarc.spf import (
    MultipleSPFRTXTRecords,
    SPFError,
    SPFRecordNotFound,
    parse_spf_record,
    query_spf_record,
)
from checkdmarc.utils import DNSException

from postroad.dns.health import Check, DomainFinding, Level
from postroad.dns.resolver import BlockingResolver, LookupFailed
from postroad.dns.services import SendingService

_MOST_WORDS = 200
_MOST_LOOKUPS = 10
"""RFC 7208, 4.6.4: receivers give up on a record that needs more."""


@dataclass(frozen=True, slots=True)
class Spf:
    """What an SPF record says about a service."""

    finding: DomainFinding
    passes: bool | None
    """None where nobody can tell."""


def check_spf(domain: str, service: SendingService, resolver: BlockingResolver) -> Spf:
    """Look whether mail with an envelope address of the domain passes when the service sends it.

    Args:
        domain: the domain of the address that bounces go to.
        service: who hands the mail over.
        resolver: whom to ask, for how long.
    """
    unanswered = resolver.unanswered
    try:
        record = query_spf_record(domain, resolver=resolver)["record"]
        parsed = parse_spf_record(record, domain, resolver=resolver, ignore_too_many_lookups=True)
    except (SPFError, DNSException) as error:
        if resolver.unanswered > unanswered:
            return _cannot_tell(f"DNS did not answer about the SPF record of {domain}")
        return _faulty(domain, service, error)
    if parsed["dns_lookups"] > _MOST_LOOKUPS:
        words = f"the SPF record of {domain} needs {parsed['dns_lookups']} look-ups, and receivers"
        way_out = f"remove what {domain} does not send by from `{record}`"
        return _fails(f"{words} give up after {_MOST_LOOKUPS}", way_out)
    terms = list(_terms(parsed["parsed"]))
    if parsed["parsed"]["all"] == "pass":
        way_out = f"end it with ~all instead of +all: `{record}`"
        return _warns(f"the SPF record of {domain} lets everybody send", way_out, passes=True)
    if service.host is not None:
        return _of_host(domain, service.host, record, terms, resolver)
    return _of_service(domain, service, record, terms)


def _of_service(
    domain: str, service: SendingService, record: str, terms: list[Mapping[str, Any]]
) -> Spf:
    included = {term["value"] for term in terms if term["mechanism"] == "include"}
    if not included.isdisjoint(service.includes):
        return _passes(f"the SPF record of {domain} includes {service.name}")
    if any("%" in term.get("value", "") for term in terms):
        return _cannot_tell(f"the SPF record of {domain} has macros: `{record}`")
    words = f"the SPF record of {domain} does not include {service.name}"
    if service.own_envelope:
        words += ", whose bounces go to an address of its own, so that its own record counts"
        return Spf(DomainFinding(check=Check.SPF, level=Level.OK, words=words), passes=False)
    wanted = _record_with(_term(service), record)
    return _warns(words, f"make the TXT record of {domain} `{wanted}`", passes=False)


def _of_host(
    domain: str,
    host: str,
    record: str,
    terms: list[Mapping[str, Any]],
    resolver: BlockingResolver,
) -> Spf:
    """A host is there by its address or name; it may send from others, which nobody can see."""
    try:
        addresses = [ip_address(text) for text in _addresses(host, resolver)]
    except LookupFailed:
        return _cannot_tell(f"DNS did not answer about {host}")
    if not addresses:
        return _cannot_tell(f"{host} has no address in DNS")
    networks = list(_networks(terms))
    named = any(host == name["hostname"] for term in terms for name in term.get("hosts", ()))
    if named or any(address in network for address in addresses for network in networks):
        return _passes(f"the SPF record of {domain} names {host}")
    wanted = _record_with(f"ip{addresses[0].version}:{addresses[0]}", record)
    return Spf(
        DomainFinding(
            check=Check.SPF,
            level=Level.UNKNOWN,
            words=f"the SPF record of {domain} does not name {host}, which may send by others",
            way_out=f"ask who runs it what to include; if it sends itself, publish `{wanted}`",
        ),
        passes=None,
    )


def _addresses(host: str, resolver: BlockingResolver) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        return [str(each) for kind in ("A", "AAAA") for each in resolver.ask(host, kind)]


def _networks(terms: list[Mapping[str, Any]]) -> Iterator[IPv4Network | IPv6Network]:
    for term in terms:
        if term["mechanism"] in ("ip4", "ip6"):
            yield ip_network(term["value"], strict=False)
        for address in term.get("addresses", ()):
            yield ip_network(address, strict=False)


def _terms(parsed: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every term that lets mail pass, those of included records too."""
    for term in parsed["mechanisms"]:
        if term["action"] == "pass":
            yield term
            yield from _terms(term["parsed"]) if term.get("parsed") else ()
    redirect = parsed["redirect"]
    if redirect is not None and redirect["parsed"] is not None:
        yield from _terms(redirect["parsed"])


def _faulty(domain: str, service: SendingService, error: Exception) -> Spf:
    if isinstance(error, MultipleSPFRTXTRecords):
        words = f"{domain} has several SPF records, and receivers refuse to choose"
        return _fails(words, "put their terms into one, and remove the others")
    if isinstance(error, SPFRecordNotFound) and error.domain == domain:
        words = f"{domain} has no SPF record"
        return _fails(words, f"publish a TXT record at {domain}: `{_record_with(_term(service))}`")
    reason = " ".join(str(error).split())[:_MOST_WORDS]
    return _fails(f"the SPF record of {domain} is not valid: {reason}", "correct it")


def _term(service: SendingService) -> str:
    """Return what an SPF record says to let the service send."""
    if service.includes:
        return f"include:{service.includes[0]}"
    try:
        address = ip_address(service.host or "")
    except ValueError:
        return f"a:{service.host}"
    return f"ip{address.version}:{address}"


def _record_with(term: str, record: str = "v=spf1 ~all") -> str:
    """Return an SPF record with one more term, ahead of what is there: it is read in order."""
    version, _, terms = record.partition(" ")
    return f"{version} {term} {terms}".rstrip()


def _passes(words: str) -> Spf:
    return Spf(DomainFinding(check=Check.SPF, level=Level.OK, words=words), passes=True)


def _warns(words: str, way_out: str, *, passes: bool) -> Spf:
    finding = DomainFinding(check=Check.SPF, level=Level.WARN, words=words, way_out=way_out)
    return Spf(finding, passes)


def _fails(words: str, way_out: str) -> Spf:
    finding = DomainFinding(check=Check.SPF, level=Level.FAIL, words=words, way_out=way_out)
    return Spf(finding, passes=False)


def _cannot_tell(words: str) -> Spf:
    return Spf(DomainFinding(check=Check.SPF, level=Level.UNKNOWN, words=words), passes=None)
