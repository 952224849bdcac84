"""SPF, DKIM and DMARC of a From domain are judged for the service that sends its mail."""

import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.dns.health import Check, DomainFinding, DomainHealth, Level
from postroad.dns.sender_auth import check_domain
from postroad.dns.services import (
    GOOGLE,
    MICROSOFT,
    SENDGRID,
    SPARKPOST,
    SendingService,
    service_of_host,
)
from tests.dns.zone import Zone
from tests.ledger_rows import NOW

RELAY = service_of_host("relay.test")
_PROVIDERS = """\
_spf.google.com. 60 IN TXT "v=spf1 ip4:198.51.100.0/24 ~all"
spf.protection.outlook.com. 60 IN TXT "v=spf1 ip4:203.0.113.0/24 -all"
sendgrid.net. 60 IN TXT "v=spf1 ip4:198.51.100.7 ~all"
_spf.sparkpostmail.com. 60 IN TXT "v=spf1 ip4:198.51.100.8 ~all"
relay.test. 60 IN A 192.0.2.10
"""
_KEY = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN"


@pytest.fixture
def zone(zone: Zone) -> Zone:
    """A zone in which the services have published what they publish."""
    zone.add(_PROVIDERS)
    return zone


def _check(
    zone: Zone, service: SendingService, domain: str = "acme.test", **how: Any
) -> dict[Check, DomainFinding]:
    health = check_domain(domain, service, zone.resolver(0.5).blocking(5), NOW, **how)
    return {finding.check: finding for finding in health.findings}


def _txt(zone: Zone, name: str, text: str) -> None:
    zone.add(f'{name}. 60 IN TXT "{text}"')


@pytest.mark.parametrize(
    ("service", "record"),
    [
        (GOOGLE, "v=spf1 include:_spf.google.com ~all"),
        (MICROSOFT, "v=spf1 include:spf.protection.outlook.com -all"),
        (SENDGRID, "v=spf1 include:sendgrid.net ~all"),
        (SPARKPOST, "v=spf1 include:_spf.sparkpostmail.com ~all"),
        (GOOGLE, "v=spf1 redirect=_all.acme.test"),
        (GOOGLE, "v=spf1 ip4:192.0.2.1 INCLUDE:_all.acme.test ?all"),
        (RELAY, "v=spf1 ip4:192.0.2.0/24 -all"),
        (RELAY, "v=spf1 a:relay.test -all"),
        (RELAY, "v=spf1 mx -all"),
        (service_of_host("192.0.2.10"), "v=spf1 ip4:192.0.2.10 -all"),
    ],
)
def test_spf_is_fine_where_the_record_lets_the_service_send(
    zone: Zone, service: SendingService, record: str
) -> None:
    _txt(zone, "acme.test", record)
    zone.add("acme.test. 60 IN MX 10 relay.test.")
    _txt(zone, "_all.acme.test", "v=spf1 include:_spf.google.com ~all")
    assert _check(zone, service)[Check.SPF].level is Level.OK


@pytest.mark.parametrize(
    ("service", "record"),
    [
        (GOOGLE, "v=spf1 include:_spf.google.com ~all"),
        (RELAY, "v=spf1 a:relay.test ~all"),
        (service_of_host("2001:db8::1"), "v=spf1 ip6:2001:db8::1 ~all"),
    ],
)
def test_a_domain_without_spf_gets_the_record_to_publish(
    zone: Zone, service: SendingService, record: str
) -> None:
    _txt(zone, "acme.test", "google-site-verification=1")
    found = _check(zone, service)[Check.SPF]
    assert (found.level, found.words) == (Level.FAIL, "acme.test has no SPF record")
    assert found.way_out == f"publish a TXT record at acme.test: `{record}`"


def test_a_service_that_is_not_included_gets_the_whole_new_record(zone: Zone) -> None:
    _txt(zone, "acme.test", "v=spf1 include:_spf.google.com -all")
    found = _check(zone, MICROSOFT)[Check.SPF]
    assert found.level is Level.WARN
    wanted = "v=spf1 include:spf.protection.outlook.com include:_spf.google.com -all"
    assert f"`{wanted}`" in found.way_out


def test_an_include_that_does_not_pass_counts_for_nothing(zone: Zone) -> None:
    _txt(zone, "acme.test", "v=spf1 ?include:_spf.google.com -all")
    assert _check(zone, GOOGLE)[Check.SPF].level is Level.WARN


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (["v=spf1 -all", "v=spf1 mx -all"], "several SPF records"),
        (["v=spf1 include:nobody.test -all"], "not valid"),
        (["v=spf1 ip4:300.1.2.3 -all"], "not valid"),
        (["v=spf1 include:acme.test -all"], "not valid"),
        (["v=spf1 " + " ".join(f"a:h{n}.acme.test" for n in range(11)) + " -all"], "11 look-ups"),
    ],
)
def test_a_record_that_receivers_give_up_on_fails(
    zone: Zone, records: list[str], words: str
) -> None:
    for record in records:
        _txt(zone, "acme.test", record)
    for n in range(11):
        zone.add(f"h{n}.acme.test. 60 IN A 192.0.2.{n}")
    found = _check(zone, GOOGLE)[Check.SPF]
    assert found.level is Level.FAIL
    assert words in found.words
    assert found.way_out


def test_letting_everybody_send_is_warned_of(zone: Zone) -> None:
    _txt(zone, "acme.test", "v=spf1 include:_spf.google.com +all")
    assert _check(zone, GOOGLE)[Check.SPF].level is Level.WARN


def test_nobody_can_tell_where_a_host_sends_from(zone: Zone) -> None:
    _txt(zone, "acme.test", "v=spf1 include:_spf.google.com ~all")
    found = _check(zone, RELAY)[Check.SPF]
    assert found.level is Level.UNKNOWN
    assert "ip4:192.0.2.10" in found.way_out


def test_a_service_with_its_own_envelope_needs_no_include(zone: Zone) -> None:
    _txt(zone, "acme.test", "v=spf1 include:_spf.google.com ~all")
    assert _check(zone, SENDGRID)[Check.SPF].level is Level.OK


def test_spf_is_asked_of_the_domain_that_bounces_go_to(zone: Zone) -> None:
    _txt(zone, "bounce.acme.test", "v=spf1 ip4:192.0.2.10 -all")
    found = _check(zone, RELAY, envelope_domain="bounce.acme.test")[Check.SPF]
    assert (found.level, found.words.split()[4]) == (Level.OK, "bounce.acme.test")


@pytest.mark.parametrize(
    ("service", "name"),
    [
        (GOOGLE, "google"),
        (MICROSOFT, "selector1"),
        (MICROSOFT, "selector2"),
        (SENDGRID, "s1"),
        (SENDGRID, "s2"),
        (RELAY, "mail2026"),
    ],
)
def test_a_key_at_a_usual_or_named_selector_is_found(
    zone: Zone, service: SendingService, name: str
) -> None:
    zone.add(f"{name}._domainkey.acme.test. 60 IN CNAME {name}.keys.test.")
    _txt(zone, f"{name}.keys.test", _KEY)
    found = _check(zone, service, selectors=["mail2026"])[Check.DKIM]
    assert (found.level, found.words) == (
        Level.OK,
        f"acme.test publishes a DKIM key at {name}._domainkey",
    )


def test_an_unknown_selector_is_no_failure(zone: Zone) -> None:
    found = _check(zone, GOOGLE)[Check.DKIM]
    assert found.level is Level.UNKNOWN
    assert "dns.dkim_selectors" in found.way_out
    assert _check(zone, RELAY)[Check.DKIM].level is Level.UNKNOWN


def test_a_revoked_key_is_warned_of(zone: Zone) -> None:
    _txt(zone, "google._domainkey.acme.test", "v=DKIM1; p=")
    assert _check(zone, GOOGLE)[Check.DKIM].level is Level.WARN


def _domain(zone: Zone, policy: str, *, spf: bool, dkim: bool) -> None:
    _txt(zone, "acme.test", f"v=spf1 {'include:_spf.google.com ' * spf}-all")
    _txt(zone, "_dmarc.acme.test", f"v=DMARC1; {policy}; rua=mailto:d@acme.test")
    zone.add("acme.test. 60 IN MX 10 relay.test.")
    if dkim:
        _txt(zone, "google._domainkey.acme.test", _KEY)


@pytest.mark.parametrize(
    ("policy", "vouching", "level"),
    [
        ("p=reject", {"spf", "dkim"}, Level.OK),
        ("p=reject", {"spf"}, Level.OK),
        ("p=quarantine; aspf=s", {"spf"}, Level.OK),
        ("p=reject", {"dkim"}, Level.OK),
        ("p=reject", set(), Level.FAIL),
        ("p=quarantine", set(), Level.FAIL),
        ("p=none", set(), Level.WARN),
        ("p=none", {"spf"}, Level.OK),
    ],
)
def test_dmarc_passes_by_spf_or_by_dkim(
    zone: Zone, policy: str, vouching: set[str], level: Level
) -> None:
    _domain(zone, policy, spf="spf" in vouching, dkim="dkim" in vouching)
    assert _check(zone, GOOGLE)[Check.DMARC].level is level


@pytest.mark.parametrize(("mode", "level"), [("r", Level.OK), ("s", Level.UNKNOWN)])
def test_an_envelope_in_a_subdomain_aligns_unless_alignment_is_strict(
    zone: Zone, mode: str, level: Level
) -> None:
    _domain(zone, f"p=reject; aspf={mode}", spf=False, dkim=False)
    _txt(zone, "bounce.acme.test", "v=spf1 ip4:192.0.2.10 -all")
    found = _check(zone, RELAY, envelope_domain="bounce.acme.test")
    assert found[Check.DMARC].level is level


def test_a_service_with_its_own_envelope_passes_by_dkim_alone(zone: Zone) -> None:
    _domain(zone, "p=reject", spf=True, dkim=True)
    assert _check(zone, SENDGRID)[Check.DMARC].level is Level.FAIL
    _txt(zone, "s1._domainkey.acme.test", _KEY)
    assert _check(zone, SENDGRID)[Check.DMARC].level is Level.OK


def test_a_subdomain_has_the_policy_for_subdomains(zone: Zone) -> None:
    _domain(zone, "p=none; sp=reject", spf=True, dkim=True)
    _txt(zone, "sales.acme.test", "v=spf1 -all")
    found = _check(zone, GOOGLE, "sales.acme.test")[Check.DMARC]
    assert (found.level, "reject" in found.words) == (Level.FAIL, True)


def test_a_domain_without_dmarc_gets_the_record_to_publish(zone: Zone) -> None:
    _txt(zone, "acme.test", "v=spf1 include:_spf.google.com -all")
    found = _check(zone, GOOGLE)[Check.DMARC]
    assert found.level is Level.WARN
    assert "at _dmarc.acme.test: `v=DMARC1; p=none; rua=mailto:" in found.way_out


@pytest.mark.parametrize(
    "records", [["v=DMARC1; p=maybe"], ["v=DMARC1; p=none", "v=DMARC1; p=reject"]]
)
def test_a_dmarc_record_that_receivers_ignore_fails(zone: Zone, records: list[str]) -> None:
    _txt(zone, "acme.test", "v=spf1 include:_spf.google.com -all")
    for record in records:
        _txt(zone, "_dmarc.acme.test", record)
    assert _check(zone, GOOGLE)[Check.DMARC].level is Level.FAIL


@pytest.mark.parametrize("service", [GOOGLE, SENDGRID, RELAY])
def test_without_answers_nobody_can_tell(zone: Zone, service: SendingService) -> None:
    names = ("acme.test", "_dmarc.acme.test", "google._domainkey.acme.test", "relay.test")
    zone.broken.update((*names, "s1._domainkey.acme.test"))
    found = _check(zone, service)
    assert {finding.level for finding in found.values()} == {Level.UNKNOWN}


def test_an_include_that_does_not_answer_is_no_fault_of_the_record(zone: Zone) -> None:
    _txt(zone, "acme.test", "v=spf1 include:_spf.google.com include:crm.test -all")
    zone.broken.add("crm.test")
    assert _check(zone, GOOGLE)[Check.SPF].level is Level.UNKNOWN


def test_a_corrected_record_counts_at_once(zone: Zone) -> None:
    assert _check(zone, GOOGLE)[Check.SPF].level is Level.FAIL
    _txt(zone, "acme.test", "v=spf1 include:_spf.google.com ~all")
    assert _check(zone, GOOGLE)[Check.SPF].level is Level.OK


def test_what_was_found_can_be_stored_and_read_back(zone: Zone) -> None:
    health = check_domain("acme.test", GOOGLE, zone.resolver().blocking(5), NOW)
    assert DomainHealth.model_validate_json(health.model_dump_json()) == health
    assert health.checked_at == NOW


def test_only_the_given_nameserver_is_ever_asked(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    _domain(zone, "p=reject", spf=True, dkim=True)
    reached: set[object] = set()
    connect, send = socket.socket.connect, socket.socket.sendto

    def noted_connect(one: socket.socket, address: Any) -> None:
        reached.add(address)
        connect(one, address)

    def noted_send(one: socket.socket, data: bytes, address: Any) -> int:
        reached.add(address)
        return send(one, data, address)

    monkeypatch.setattr(socket.socket, "connect", noted_connect)
    monkeypatch.setattr(socket.socket, "sendto", noted_send)
    resolver = zone.resolver().blocking(5)
    check_domain("acme.test", GOOGLE, resolver, NOW)
    assert ("127.0.0.1", zone.port) in reached
    others = {address for address in reached if address[0] != "127.0.0.1"}  # type: ignore[index]
    assert others == set()


_HOSTILE = st.text(
    st.characters(min_codepoint=32, max_codepoint=126, blacklist_characters='"\\;'), max_size=80
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spf=_HOSTILE, dkim=_HOSTILE, dmarc=_HOSTILE)
def test_hostile_records_are_findings_and_no_errors(
    zone: Zone, spf: str, dkim: str, dmarc: str
) -> None:
    zone.records.clear()
    _txt(zone, "acme.test", f"v=spf1 {spf}")
    _txt(zone, "google._domainkey.acme.test", f"v=DKIM1; {dkim}")
    _txt(zone, "_dmarc.acme.test", f"v=DMARC1; {dmarc}")
    assert len(_check(zone, GOOGLE)) == 3


def test_hosts_are_known_by_their_service() -> None:
    assert service_of_host("SMTP.SendGrid.net.") is SENDGRID
    assert service_of_host("smtp.eu.sparkpostmail.com") is SPARKPOST
    assert service_of_host("outlook.office365.com") is MICROSOFT
    assert service_of_host("notsendgrid.net").host == "notsendgrid.net"
