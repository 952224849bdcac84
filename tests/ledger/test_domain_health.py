"""The ledger knows which domains leave by which channel, and what DNS said about them."""

from sqlalchemy import update

from postroad.dns.health import Check, DomainFinding, DomainHealth, Level
from postroad.ledger.domain_health import (
    Route,
    load_health,
    load_routes,
    load_ways,
    store_health,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Channel
from tests.ledger_rows import NOW, add_channel, add_sender

RELAY = {"host": "smtp.sendgrid.net", "envelope_from": "bounces@bounce.acme.test"}


def _health(level: Level, checked_at: int = NOW) -> DomainHealth:
    finding = DomainFinding(check=Check.SPF, level=level, words="SPF", way_out="publish it")
    return DomainHealth(domain="acme.test", checked_at=checked_at, findings=(finding,))


def test_what_was_found_last_is_kept_with_its_date(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        assert load_health(connection, "ana-smtp", "acme.test") is None
        store_health(connection, "ana-smtp", _health(Level.FAIL))
        store_health(connection, "ana-smtp", _health(Level.OK, NOW + 1))
        stored = load_health(connection, "ana-smtp", "acme.test")
    assert stored == _health(Level.OK, NOW + 1)


def test_a_route_is_the_host_that_the_settings_name(ledger: Ledger) -> None:
    hosts = {
        "relay": ("smtp", RELAY),
        "read": ("smtp", {"host": "mx.acme.test", "bounces": {"address": "b@notices.acme.test"}}),
        "own": ("exchange", {"server": "https://mail.acme.test/EWS/Exchange.asmx"}),
        "cloud": ("exchange_online", {"endpoint": "https://graph.microsoft.com/v1.0"}),
    }
    with ledger.write() as connection:
        for channel, (kind, settings) in hosts.items():
            add_channel(connection, channel, kind=kind, settings=settings)
        routes = load_routes(connection)
    assert routes == {
        "relay": Route("relay", "smtp", "smtp.sendgrid.net", "bounce.acme.test"),
        "read": Route("read", "smtp", "mx.acme.test", "notices.acme.test"),
        "own": Route("own", "exchange", "mail.acme.test", None),
        "cloud": Route("cloud", "exchange_online", "graph.microsoft.com", None),
    }


def test_the_ways_are_each_senders_domain_on_the_channels_they_may_use(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_sender(connection, "ann@acme.test")
        add_sender(connection, "ana@brand.test", settings={"rep": "ana@acme.test"})
        add_channel(connection)
        add_channel(connection, "team", shared=True, address=None)
        ways = [(way.domain, way.route.channel) for way in load_ways(connection)]
    assert sorted(ways) == [
        ("acme.test", "ana-smtp"),
        ("acme.test", "team"),
        ("brand.test", "ana-smtp"),
        ("brand.test", "team"),
    ]


def test_a_channel_that_left_the_workspace_is_no_way(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        connection.execute(update(Channel).values(settings={"retired": True}))
        assert load_ways(connection) == []
