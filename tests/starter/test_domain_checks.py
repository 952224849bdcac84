"""`doctor`, `channel verify` and `launch` tell what DNS says about the senders' domains."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from postroad.instants import DAY
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import DomainHealth
from postroad.ledger.workspace import apply_workspace
from postroad.secrets import SecretBox
from postroad.workspace import Workspace
from tests.dns.zone import Zone, served_zone
from tests.ledger_rows import NOW
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad, Ran
from tests.starter.conftest import SECRET_KEY

HERE = "0.0.0.0"
"""This machine, under an address that does not say so."""


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """A zone that the command asks."""
    with served_zone() as zone:
        monkeypatch.setenv("POSTROAD_DNS_ENABLED", "true")
        monkeypatch.setenv("POSTROAD_DNS_NAMESERVERS", f'["{zone.nameserver}"]')
        monkeypatch.setenv("POSTROAD_DNS_TIMEOUT", "0.5")
        monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", "127.0.0.1:1")
        yield zone


def _apply(ledger: Ledger, *channels: dict[str, Any]) -> None:
    sender = {"email": "ana@acme.test", "name": "Ana Ruiz", "timezone": "UTC"}
    owned = [{"id": "ana-way", "address": "ana@acme.test", **channel} for channel in channels]
    described = Workspace.model_validate(
        {"organisation": {"name": "Acme"}, "senders": [sender], "channels": owned}
    )
    with ledger.write() as connection:
        apply_workspace(connection, described, SecretBox(SECRET_KEY), NOW)


GMAIL = {
    "kind": "gmail",
    "credentials": {"client_id": "c", "client_secret": "s", "refresh_token": "r"},
}


@pytest.fixture
def gmail(ledger: Ledger) -> None:
    """Ana's mailbox at Google."""
    _apply(ledger, GMAIL)


@pytest.fixture
def rehearse(ledger: Ledger, postroad: Postroad, tmp_path: Path) -> Callable[[], Ran]:
    """Rehearses the launch of a campaign of Ana's, as often as wanted."""
    campaign = Desk(tmp_path, ledger).campaign
    return lambda: postroad("launch", str(campaign), "--dry-run")


def _found(ran: Ran) -> dict[str, str]:
    return {
        finding["about"]: finding["level"]
        for finding in ran.json
        if finding["about"].split()[0] in ("spf", "dkim", "dmarc", "dns", "calendar")
    }


_HEALTHY = """\
acme.test. 60 IN TXT "v=spf1 include:_spf.google.com ~all"
_spf.google.com. 60 IN TXT "v=spf1 ip4:198.51.100.0/24 ~all"
google._domainkey.acme.test. 60 IN TXT "v=DKIM1; p=MIGf"
_dmarc.acme.test. 60 IN TXT "v=DMARC1; p=reject"
"""


@pytest.mark.usefixtures("gmail")
def test_doctor_tells_of_every_domain_on_every_channel(postroad: Postroad, zone: Zone) -> None:
    zone.add("acme.test. 60 IN MX 10 mx.acme.test.")
    assert _found(postroad("doctor", "--json")) == {
        "spf of acme.test by ana-way": "fail",
        "dkim of acme.test by ana-way": "unknown",
        "dmarc of acme.test by ana-way": "warn",
    }
    zone.add(_HEALTHY)
    assert set(_found(postroad("doctor", "--json")).values()) == {"ok"}
    lines = postroad("doctor").stdout
    assert "ok       spf of acme.test by ana-way: " in lines


@pytest.mark.usefixtures("gmail")
def test_doctor_says_that_look_ups_are_switched_off(
    postroad: Postroad, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROAD_DNS_ENABLED", "false")
    assert _found(postroad("doctor", "--json")) == {"dns": "unknown"}
    assert zone.asked == []


def test_a_channel_that_never_leaves_this_machine_is_not_looked_up(
    postroad: Postroad, ledger: Ledger, zone: Zone
) -> None:
    _apply(ledger, {"kind": "smtp", "host": "127.0.0.1", "port": 1, "tls": "none"})
    assert _found(postroad("doctor", "--json")) == {}
    assert zone.asked == []


@pytest.mark.usefixtures("zone")
def test_doctor_knows_the_calendar_of_shut_offs(postroad: Postroad, ledger: Ledger) -> None:
    server = "https://outlook.office365.com/EWS/Exchange.asmx"
    _apply(ledger, {"kind": "exchange", "server": server, "username": "a", "password": "hers"})
    assert "calendar of ana-way" in _found(postroad("doctor", "--json"))


def test_verifying_a_channel_tells_of_its_domains_too(
    postroad: Postroad, ledger: Ledger, zone: Zone
) -> None:
    zone.add('acme.test. 60 IN TXT "v=spf1 ip4:192.0.2.9 ~all"')
    _apply(ledger, {"kind": "smtp", "host": HERE, "port": 1, "tls": "none", "insecure": True})
    ran = postroad("channel", "verify", "ana-way")
    assert ran.code == 1
    assert "spf of acme.test by ana-way: " in ran.stdout
    assert _stored(ledger) == 1


@pytest.mark.usefixtures("gmail")
def test_a_launch_warns_of_what_receivers_distrust(rehearse: Callable[[], Ran], zone: Zone) -> None:
    zone.add("acme.test. 60 IN MX 10 mx.acme.test.")
    ran = rehearse()
    assert ran.code == 0
    assert "warning: ana-way: acme.test has no SPF record: publish" in ran.stderr


@pytest.mark.usefixtures("gmail")
def test_a_second_launch_asks_dns_again_only_after_a_day(
    rehearse: Callable[[], Ran], ledger: Ledger, zone: Zone
) -> None:
    zone.add("acme.test. 60 IN MX 10 mx.acme.test.")
    first = rehearse()
    asked = len(zone.asked)
    assert asked > 0
    assert rehearse().stderr == first.stderr
    assert len(zone.asked) == asked
    with ledger.write() as connection:
        connection.execute(
            update(DomainHealth).values(checked_at=DomainHealth.checked_at - DAY - 1)
        )
    zone.add(_HEALTHY)
    assert "SPF" not in rehearse().stderr


@pytest.mark.usefixtures("gmail")
def test_a_launch_is_not_held_up_by_a_silent_dns(
    rehearse: Callable[[], Ran], ledger: Ledger, zone: Zone
) -> None:
    zone.silent = True
    ran = rehearse()
    assert ran.code == 0
    assert "SPF" not in ran.stderr
    assert _stored(ledger) == 0


@pytest.mark.usefixtures("gmail")
def test_with_look_ups_switched_off_a_launch_asks_nobody(
    rehearse: Callable[[], Ran], zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROAD_DNS_ENABLED", "false")
    assert rehearse().code == 0
    assert zone.asked == []


def _stored(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return connection.scalar(select(func.count()).select_from(DomainHealth)) or 0


def test_explaining_a_choice_asks_for_the_recipients_network(
    postroad: Postroad, ledger: Ledger, zone: Zone
) -> None:
    zone.add("buyer.test. 600 IN MX 1 smtp.google.com.")
    microsoft = {"tenant": "acme.test", "client_id": "c", "client_secret": "s"}
    online = {"id": "ana-online", "kind": "exchange_online", "credentials": microsoft}
    _apply(ledger, {"id": "ana-gmail", **GMAIL}, online)
    ran = postroad(
        "channel", "explain", "--from", "ana@acme.test", "--to", "bob@buyer.test", "--json"
    )
    assert (ran.json["network"], ran.json["channel"]) == ("google", "ana-gmail")
    assert zone.asked == ["buyer.test MX"]
