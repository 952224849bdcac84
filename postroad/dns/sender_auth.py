"""SPF, DKIM and DMARC of a From domain, as mail through one sending service needs them.

It blocks: call it on a thread. checkdmarc reads the records; it asks only the resolver it is
given, and nothing else on the network, as long as it is not told to test servers.
"""

from collections.abc import Iterable

from checkdmarc.utils import DNS_CACHE

from postroad.dns.dkim import check_dkim
from postroad.dns.dmarc import Proof, check_dmarc
from postroad.dns.health import DomainHealth
from postroad.dns.resolver import BlockingResolver
from postroad.dns.services import SendingService
from postroad.dns.spf import check_spf


def check_domain(
    domain: str,
    service: SendingService,
    resolver: BlockingResolver,
    now: int,
    *,
    envelope_domain: str | None = None,
    selectors: Iterable[str] = (),
) -> DomainHealth:
    """Check one domain; what cannot be looked up is a finding, never an error.

    Args:
        domain: of the From addresses; in ASCII.
        service: who hands the mail over.
        resolver: whom to ask, and how long everything may take.
        now: the date of the findings, in milliseconds since the epoch.
        envelope_domain: of the address that bounces go to, where it is another.
        selectors: where DKIM keys are, beside the service's usual selectors.
    """
    DNS_CACHE.clear()  # it would keep answers for half an hour, whoever gave them
    envelope = domain if envelope_domain is None else envelope_domain
    spf = check_spf(envelope, service, resolver)
    dkim = check_dkim(domain, service, resolver, selectors)
    dmarc = check_dmarc(Proof(domain, envelope, service, spf.passes, dkim.published), resolver)
    return DomainHealth(
        domain=domain,
        checked_at=now,
        findings=(spf.finding, dkim.finding, dmarc),
    )
