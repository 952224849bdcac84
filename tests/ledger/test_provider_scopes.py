"""Limits that a provider lays over several mailboxes, and what people send themselves."""

from typing import Any

import pytest
from sqlalchemy import insert

from postroad.contracts import MessageState, Reservation, ReserveQuota
from postroad.instants import DAY, HOUR, MINUTE, instant
from postroad.ledger.engine import Ledger
from postroad.ledger.hand_sent import record_hand_sent
from postroad.ledger.quota import reserve_wave
from postroad.ledger.tables import Organisation
from postroad.quota.providers import Tenant, google_project
from tests.ledger_rows import (
    ANA,
    NOW,
    add_campaign,
    add_channel,
    add_person,
    add_sender,
)

_SENT, _PLANNED = MessageState.SENT, MessageState.PLANNED
_TENANT: dict[str, Any] = {
    "kind": "exchange_online",
    "settings": {"credentials": {"tenant": "acme"}},
}


def _organise(ledger: Ledger, **settings: Any) -> None:
    with ledger.write() as connection:
        connection.execute(insert(Organisation).values(id=1, name="Acme", settings=settings))
        add_sender(connection)
        add_campaign(connection)


def _reserve(ledger: Ledger, channel: str = "ana-smtp") -> Reservation:
    request = ReserveQuota(campaign_id="q4", sender=ANA, channel=channel, wave=9)
    with ledger.write() as connection:
        return reserve_wave(connection, request, NOW)


def _two_mailboxes_of_one_tenant(ledger: Ledger, limit: int) -> None:
    limits = [{"messages": limit, "per": "1d"}]
    _organise(ledger, tenants={"acme": {"limits": limits, "domains": ["acme.example"]}})
    with ledger.write() as connection:
        add_channel(connection, **_TENANT)
        add_channel(connection, "bo-365", address="bo@acme.test", **_TENANT)


def test_a_tenants_limit_counts_what_all_its_mailboxes_sent(ledger: Ledger) -> None:
    _two_mailboxes_of_one_tenant(ledger, 3)
    with ledger.write() as connection:
        for number in range(3):
            add_person(connection, f"p{number}@buyer.test", _SENT, channel="bo-365")
        add_person(connection, "next@buyer.test", _PLANNED)
    reservation = _reserve(ledger)
    assert reservation.messages == 0
    assert reservation.wait_until is not None
    assert instant(reservation.wait_until) > NOW - HOUR + DAY - MINUTE
    assert "because the tenant acme has sent 3 of 3 in 1d" in reservation.reason


def test_mail_within_the_tenant_is_not_charged_to_it(ledger: Ledger) -> None:
    _two_mailboxes_of_one_tenant(ledger, 1)
    with ledger.write() as connection:
        for address in ("colleague@acme.test", "sister@acme.example"):
            add_person(connection, address, _SENT, channel="bo-365")
        add_person(connection, "buyer@buyer.test", _PLANNED)
        add_person(connection, "another@acme.test", _PLANNED)
    assert _reserve(ledger).messages == 2


def test_another_tenants_mail_is_its_own(ledger: Ledger) -> None:
    _two_mailboxes_of_one_tenant(ledger, 1)
    with ledger.write() as connection:
        other = {**_TENANT, "settings": {"credentials": {"tenant": "other"}}}
        add_channel(connection, "cy-365", address="cy@other.test", **other)
        add_person(connection, "p@buyer.test", _SENT, channel="cy-365")
        add_person(connection, "next@buyer.test", _PLANNED)
    assert _reserve(ledger).messages == 1


@pytest.mark.parametrize(
    ("tenant", "mailboxes", "messages"),
    [
        (Tenant(licences=1), 1, 10_000),
        (Tenant(licences=100), 1, 22_059),
        (Tenant(), 100, 22_059),
        (Tenant(trial=True), 100, 5_000),
    ],
)
def test_a_tenants_limit_follows_from_its_licences(
    tenant: Tenant, mailboxes: int, messages: int
) -> None:
    assert [limit.messages for limit in tenant.external_limits(mailboxes)] == [messages]


def test_gmail_channels_of_one_project_share_its_limit(ledger: Ledger) -> None:
    _organise(ledger, projects={"12345": [{"messages": 1, "per": "2m"}]})
    with ledger.write() as connection:
        for channel, client in (("ana-smtp", "12345-a.apps"), ("bo-gmail", "12345-b.apps")):
            settings = {"credentials": {"client_id": client}}
            add_channel(connection, channel, kind="gmail", settings=settings)
        other = {"credentials": {"client_id": "123456-c.apps"}}
        add_channel(connection, "cy-gmail", kind="gmail", settings=other)
        add_person(connection, "p@buyer.test", _SENT, channel="bo-gmail")
        add_person(connection, "q@buyer.test", _SENT, channel="cy-gmail")
        add_person(connection, "next@buyer.test", _PLANNED)
    reservation = _reserve(ledger)
    assert reservation.messages == 0
    assert "because the Google project 12345 has sent 1 of 1 in 2m" in reservation.reason


def test_a_client_names_its_project() -> None:
    assert google_project("12345-abc.apps.googleusercontent.com") == "12345"


def test_what_a_person_sends_by_hand_uses_up_the_mailboxs_limit(ledger: Ledger) -> None:
    _organise(ledger)
    with ledger.write() as connection:
        add_channel(connection, settings={"limits": [{"messages": 3, "per": "1h"}]})
        for number in range(5):
            add_person(connection, f"p{number}@buyer.test", _PLANNED)
        record_hand_sent(connection, "ana-smtp", [NOW - MINUTE, NOW - MINUTE], since=NOW - DAY)
    assert _reserve(ledger).messages == 1


def test_reading_a_sent_folder_again_counts_nothing_twice(ledger: Ledger) -> None:
    _organise(ledger)
    with ledger.write() as connection:
        add_channel(connection, settings={"limits": [{"messages": 3, "per": "1h"}]})
        for number in range(5):
            add_person(connection, f"p{number}@buyer.test", _PLANNED)
        record_hand_sent(connection, "ana-smtp", [NOW - HOUR // 2], since=NOW - DAY)
        for _ in range(3):
            record_hand_sent(connection, "ana-smtp", [NOW - MINUTE], since=NOW - 2 * MINUTE)
    assert _reserve(ledger).messages == 1
