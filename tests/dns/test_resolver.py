"""Nameservers as settings name them, and questions that always end in time."""

import pytest

from postroad.dns.nameservers import parse_nameserver
from postroad.dns.resolver import LookupFailed, Resolver
from tests.dns.zone import Zone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9.9.9.9", ("9.9.9.9", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("2620:fe::fe", ("2620:fe::fe", 53)),
        ("[::1]:5353", ("::1", 5353)),
    ],
)
def test_a_nameserver_is_an_address_and_perhaps_a_port(
    text: str, expected: tuple[str, int]
) -> None:
    assert parse_nameserver(text) == expected


@pytest.mark.parametrize(
    "text", ["", "dns.acme.test", "9.9.9.9:", "9.9.9.9:0", "9.9.9.9:65536", "[::1]", "[::1]53"]
)
def test_what_is_no_nameserver_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no nameserver: write for instance 9\.9\.9\.9"):
        parse_nameserver(text)


def test_a_name_without_records_and_one_that_does_not_exist_have_nothing(zone: Zone) -> None:
    zone.add("acme.test. 60 IN A 192.0.2.1")
    resolver = zone.resolver().blocking(2)
    assert [str(each) for each in resolver.ask("acme.test", "A")] == ["192.0.2.1"]
    assert resolver.ask("acme.test", "TXT") == ()
    assert resolver.ask("nobody.test", "A") == ()


def test_past_the_deadline_nothing_is_asked_any_more(zone: Zone) -> None:
    resolver = zone.resolver().blocking(seconds=0)
    with pytest.raises(LookupFailed, match="in time"):
        resolver.ask("acme.test", "A")
    assert zone.asked == []


def test_a_silent_server_costs_no_more_than_the_time_allowed(zone: Zone) -> None:
    zone.silent = True
    resolver = zone.resolver(seconds=0.2).blocking(seconds=0.3)
    for _ in range(50):
        with pytest.raises(LookupFailed):
            resolver.ask("acme.test", "A")
    assert len(zone.asked) < 10  # the time was gone after the second question or so


async def test_switched_off_every_question_fails_unasked(zone: Zone) -> None:
    resolver = Resolver([zone.nameserver], enabled=False)
    with pytest.raises(LookupFailed, match="switched off"):
        await resolver.ask("acme.test", "A")
    with pytest.raises(LookupFailed, match="switched off"):
        resolver.blocking(1)
    assert zone.asked == []
