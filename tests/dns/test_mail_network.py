"""A recipient's mail network is told from MX records, remembered, and never an error."""

import pytest

from postroad.dns.mail_network import MailNetwork, MailNetworks
from postroad.dns.resolver import Resolver
from tests.dns.zone import Zone


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("aspmx.l.google.com.", MailNetwork.GOOGLE),
        ("smtp.google.com.", MailNetwork.GOOGLE),
        ("ASPMX3.GoogleMail.com.", MailNetwork.GOOGLE),
        ("buyer-test.mail.protection.outlook.com.", MailNetwork.MICROSOFT),
        ("buyer-test.p-v1.mx.microsoft.", MailNetwork.MICROSOFT),
        ("hotmail-com.olc.protection.outlook.com.", MailNetwork.MICROSOFT),
        ("mx.buyer.test.", MailNetwork.OTHER),
        ("notgoogle.com.", MailNetwork.OTHER),
        ("google.com.evil.test.", MailNetwork.OTHER),
        (".", MailNetwork.OTHER),
    ],
)
async def test_the_preferred_host_names_the_network(
    zone: Zone, host: str, network: MailNetwork
) -> None:
    zone.add(f"buyer.test. 600 IN MX 20 mx.elsewhere.test.\nbuyer.test. 600 IN MX 10 {host}")
    assert await MailNetworks(zone.resolver()).of("buyer.test") is network


async def test_equally_preferred_hosts_of_two_networks_are_no_network(zone: Zone) -> None:
    zone.add(
        "buyer.test. 600 IN MX 10 smtp.google.com.\n"
        "buyer.test. 600 IN MX 10 buyer-test.mail.protection.outlook.com."
    )
    assert await MailNetworks(zone.resolver()).of("buyer.test") is MailNetwork.OTHER


async def test_a_domain_that_takes_its_mail_itself_is_other(zone: Zone) -> None:
    zone.add("buyer.test. 600 IN A 127.0.0.1")
    assert await MailNetworks(zone.resolver()).of("buyer.test") is MailNetwork.OTHER


async def test_a_domain_that_does_not_exist_is_unknown(zone: Zone) -> None:
    assert await MailNetworks(zone.resolver()).of("nobody.test") is MailNetwork.UNKNOWN


async def test_a_server_that_fails_is_unknown_and_is_not_asked_again_at_once(zone: Zone) -> None:
    zone.broken.add("buyer.test")
    clock = Clock()
    networks = MailNetworks(zone.resolver(seconds=0.3), clock)
    assert await networks.of("buyer.test") is MailNetwork.UNKNOWN
    asked = len(zone.asked)
    assert await networks.of("buyer.test") is MailNetwork.UNKNOWN
    assert len(zone.asked) == asked
    zone.broken.clear()
    zone.add("buyer.test. 600 IN MX 10 smtp.google.com.")
    clock.now += 61
    assert await networks.of("buyer.test") is MailNetwork.GOOGLE


@pytest.mark.parametrize(
    "domain", ["", ".", "a..b", "-", "x" * 64 + ".test", ".".join(["a"] * 200), "bü.test", "\x00"]
)
async def test_a_hostile_name_is_unknown_and_no_error(zone: Zone, domain: str) -> None:
    assert await MailNetworks(zone.resolver()).of(domain) is MailNetwork.UNKNOWN


@pytest.mark.parametrize(
    ("ttl", "held", "asked_again"), [(1, 299, 301), (3600, 3599, 3601), (900_000, 86_399, 86_401)]
)
async def test_an_answer_is_remembered_as_long_as_it_says_within_bounds(
    zone: Zone, ttl: int, held: int, asked_again: int
) -> None:
    zone.add(f"buyer.test. {ttl} IN MX 10 smtp.google.com.")
    clock = Clock()
    networks = MailNetworks(zone.resolver(), clock)
    for passed, questions in ((0, 1), (held, 1), (asked_again, 2)):
        clock.now = 1_000.0 + passed
        await networks.of("Buyer.test.")
        assert zone.asked.count("buyer.test MX") == questions


async def test_well_known_domains_are_not_looked_up(zone: Zone) -> None:
    found = await MailNetworks(zone.resolver()).of_all(["gmail.com", "hotmail.com", "gmx.de"])
    assert found == {"gmail.com": "google", "hotmail.com": "microsoft", "gmx.de": "other"}
    assert zone.asked == []


async def test_many_domains_are_answered_together_each_asked_once(zone: Zone) -> None:
    domains = [f"d{n}.test" for n in range(60)]
    zone.add("\n".join(f"{each}. 600 IN MX 10 smtp.google.com." for each in domains))
    found = await MailNetworks(zone.resolver()).of_all([*domains, *domains])
    assert found == dict.fromkeys(domains, MailNetwork.GOOGLE)
    assert len(zone.asked) == 60


async def test_switched_off_nothing_is_asked(zone: Zone) -> None:
    zone.add("buyer.test. 600 IN MX 10 smtp.google.com.")
    networks = MailNetworks(Resolver([zone.nameserver], enabled=False))
    assert await networks.of("buyer.test") is MailNetwork.UNKNOWN
    assert zone.asked == []


async def test_a_truncated_answer_is_read_over_tcp(zone: Zone) -> None:
    hosts = [f"a-rather-long-name-of-a-mail-host-{n}.mx.microsoft." for n in range(60)]
    zone.add("\n".join(f"buyer.test. 600 IN MX 10 {host}" for host in hosts))
    assert await MailNetworks(zone.resolver()).of("buyer.test") is MailNetwork.MICROSOFT
    assert zone.asked.count("buyer.test MX") == 2
