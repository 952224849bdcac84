"""Whether a domain has a DMARC policy, and whether a channel's mail would pass (RFC 9989)."""

from dataclasses import dataclass

from checkdmarc.dmarc import (
    DMARCError,
    DMARCRecordNotFound,
    parse_dmarc_record,
    query_dmarc_record,
)
from checkdmarc.utils import DNSException, get_base_domain

from postroad.dns.health import Check, DomainFinding, Level
from postroad.dns.resolver import BlockingResolver
from postroad.dns.services import SendingService

_MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Proof:
    """What can vouch for mail from a domain: SPF for its envelope, DKIM for its content."""

    domain: str
    envelope_domain: str
    service: SendingService
    spf_passes: bool | None
    key_published: bool | None


@dataclass(frozen=True, slots=True)
class _Policy:
    wanted: str
    """What receivers do with mail that fails: none, quarantine or reject."""
    strict_spf: bool


def check_dmarc(proof: Proof, resolver: BlockingResolver) -> DomainFinding:
    """Look what receivers were asked to do with mail that nothing vouches for."""
    unanswered = resolver.unanswered
    try:
        policy = _policy(proof.domain, resolver)
    except (DMARCError, DNSException) as error:
        if resolver.unanswered > unanswered:
            words = f"DNS did not answer about the DMARC record of {proof.domain}"
            return DomainFinding(check=Check.DMARC, level=Level.UNKNOWN, words=words)
        return _faulty(proof.domain, error)
    return _judge(proof, policy)


def _policy(domain: str, resolver: BlockingResolver) -> _Policy:
    found = query_dmarc_record(domain, resolver=resolver, ignore_unrelated_records=True)
    parsed = parse_dmarc_record(
        found["record"], found["location"], resolver=resolver, ignore_unrelated_records=True
    )
    tags = parsed["tags"]
    wanted = "p" if found["location"] == domain else "sp"
    return _Policy(str(tags[wanted]["value"]), strict_spf=tags["aspf"]["value"] == "s")


def _judge(proof: Proof, policy: _Policy) -> DomainFinding:
    name = proof.service.name
    said = f"the DMARC policy of {proof.domain} is {policy.wanted}"
    if proof.key_published or (proof.spf_passes and _envelope_aligns(proof, policy)):
        by = "DKIM" if proof.key_published else "SPF"
        words = f"{said}, and mail by {name} can pass it by {by}"
        return DomainFinding(check=Check.DMARC, level=Level.OK, words=words)
    words = f"{said}, and nothing in DNS shows that mail by {name} passes it"
    way_out = f"let {name} sign with a DKIM key of {proof.domain}"
    level = Level.UNKNOWN if None in (proof.spf_passes, proof.key_published) else Level.FAIL
    if policy.wanted == "none":
        level = Level.WARN
    return DomainFinding(check=Check.DMARC, level=level, words=words, way_out=way_out)


def _envelope_aligns(proof: Proof, policy: _Policy) -> bool:
    if proof.service.own_envelope:
        return False
    if policy.strict_spf:
        return proof.envelope_domain == proof.domain
    return bool(get_base_domain(proof.envelope_domain) == get_base_domain(proof.domain))


def _faulty(domain: str, error: Exception) -> DomainFinding:
    record = f"`v=DMARC1; p=none; rua=mailto:postmaster@{domain}`"
    place = f"publish one TXT record at _dmarc.{domain}"
    if isinstance(error, DMARCRecordNotFound):
        words = f"{domain} has no DMARC record, which Gmail and Outlook.com want of bulk senders"
        return DomainFinding(
            check=Check.DMARC, level=Level.WARN, words=words, way_out=f"{place}: {record}"
        )
    reason = " ".join(str(error).split())[:_MOST_WORDS]
    return DomainFinding(
        check=Check.DMARC,
        level=Level.FAIL,
        words=f"the DMARC record of {domain} is not valid: {reason}",
        way_out=f"{place}, for instance {record}",
    )
