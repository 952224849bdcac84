"""Whose servers take a domain's mail."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from postroad.dns.mail_network import MailNetwork, MailNetworks, network_of
from postroad.dns.resolver import LookupFailed, NoSuchName, Resolver
from tests.dns.zones import Zones, served

_ZONES = (
    "google.test 300 MX 20 backup.elsewhere.test",
    "google.test 300 MX 1 ASPMX.L.GOOGLE.COM",
    "new.test 300 MX 1 smtp.google.com",
    "microsoft.test 300 MX 0 microsoft-test.mail.protection.outlook.com",
    "dnssec.test 300 MX 0 dnssec-test.o-v1.mx.microsoft",
    "own.test 300 MX 5 mx.own.test",
    "likely.test 300 MX 5 google.com.evil.test",
    "bare.test 300 A 127.0.0.1",
    'bare.test 300 TXT "v=spf1 include:_spf.google.com" " -all"',
)


@pytest.fixture
def zones() -> Zones:
    """Domains of every kind."""
    return Zones(*_ZONES)


@pytest.fixture
def resolver(zones: Zones) -> Iterator[Resolver]:
    """A resolver that knows these domains."""
    with served(zones) as server:
        yield Resolver([server], timedelta(seconds=2))


@pytest.mark.parametrize(
    ("domain", "network"),
    [
        ("google.test", MailNetwork.GOOGLE),
        ("new.test", MailNetwork.GOOGLE),
        ("microsoft.test", MailNetwork.MICROSOFT),
        ("dnssec.test", MailNetwork.MICROSOFT),
        ("own.test", MailNetwork.OTHER),
        ("likely.test", MailNetwork.OTHER),
        ("bare.test", MailNetwork.OTHER),
        ("no-such-domain.test", MailNetwork.UNKNOWN),
        ("gmail.com", MailNetwork.GOOGLE),
        ("outlook.com", MailNetwork.MICROSOFT),
    ],
)
async def test_the_preferred_server_tells_the_network(
    resolver: Resolver, domain: str, network: MailNetwork
) -> None:
    assert await MailNetworks(resolver).of(domain) is network


async def test_a_domain_is_looked_up_once(resolver: Resolver, zones: Zones) -> None:
    networks = MailNetworks(resolver)
    assert await networks.of_all(["own.test", "own.test"]) == {"own.test": MailNetwork.OTHER}
    await networks.of("own.test")
    assert zones.asked.count("own.test") == 1


async def test_well_known_domains_are_not_looked_up(resolver: Resolver, zones: Zones) -> None:
    await MailNetworks(resolver).of_all(["gmail.com", "hotmail.com"])
    assert zones.asked == []


async def test_a_server_that_fails_makes_a_network_unknown(
    resolver: Resolver, zones: Zones
) -> None:
    zones.silent = True
    assert await MailNetworks(resolver).of("google.test") is MailNetwork.UNKNOWN


async def test_a_name_that_does_not_exist_is_told_from_no_answer(
    resolver: Resolver, zones: Zones
) -> None:
    with pytest.raises(NoSuchName):
        await resolver.texts("nowhere.test")
    zones.silent = True
    with pytest.raises(LookupFailed) as failed:
        await resolver.texts("bare.test")
    assert not isinstance(failed.value, NoSuchName)


@pytest.mark.parametrize("name", ["x" * 300, "a..b", "-.test", "ü" * 80, ""])
async def test_no_name_raises_anything_else(resolver: Resolver, name: str) -> None:
    assert await MailNetworks(resolver).of(name) in set(MailNetwork)


async def test_texts_are_put_together_from_their_parts(resolver: Resolver) -> None:
    assert (await resolver.texts("bare.test")).values == ("v=spf1 include:_spf.google.com -all",)


def test_without_servers_a_domain_takes_its_mail_itself() -> None:
    assert network_of([]) is MailNetwork.OTHER
