"""`verify` finds what is wrong, step by step, and says the way out."""

from typing import Any

import pytest

from postroad.channels.base import Verification
from postroad.sandbox.faults import Fault
from tests.channels.mails import PROVIDER, channel, mail, sandbox
from tests.channels.scripted import scripted

CREDENTIALS: dict[str, Any] = {"username": "ana", "password": "pw"}


async def check(port: int, *, test_mail: bool = False, **given: Any) -> Verification:
    async with channel(port, **given) as sending:
        return await sending.verify(mail("verify/1/1") if test_mail else None)


async def test_a_good_channel_is_found_good_step_by_step() -> None:
    async with sandbox(tls="starttls", users={"ana": "pw"}) as provider:
        found = await check(
            provider.port(PROVIDER),
            tls="starttls",
            ca_file=provider.ca_file,
            test_mail=True,
            **CREDENTIALS,
        )
    assert found.ok
    beginnings = [
        "127.0.0.1 was found at 127.0.0.1",
        "connected to 127.0.0.1 port",
        "encrypted with TLSv1.3, certificate for localhost, 127.0.0.1 until",
        "it offers SIZE 33554432, 8BITMIME, SMTPUTF8",
        "signed in as ana",
        "the test mail was accepted: 250 2.0.0 Ok: queued as sandbox-1",
    ]
    for finding, beginning in zip(found.findings, beginnings, strict=True):
        assert finding.startswith(beginning)
    assert provider.accepted.times("verify/1/1") == 1


async def test_without_a_test_mail_nothing_leaves() -> None:
    async with sandbox() as provider:
        found = await check(provider.port(PROVIDER))
    assert found.ok
    assert "not encrypted" in found.findings
    assert provider.accepted.mails == []


@pytest.mark.parametrize(
    ("provider_tls", "given", "way_out"),
    [
        ("implicit", {"tls": "starttls"}, "speaks implicit TLS: set tls: implicit"),
        ("implicit", {"tls": "none"}, "speaks implicit TLS: set tls: implicit"),
        ("starttls", {"tls": "implicit"}, "set tls: starttls"),
        ("none", {"tls": "starttls"}, "offers no STARTTLS"),
        ("starttls", {"tls": "none", **CREDENTIALS}, "set tls: starttls"),
        ("none", {"tls": "none", "username": "ana", "password": "no"}, "check username"),
    ],
)
async def test_a_wrong_setting_is_named_with_the_way_out(
    provider_tls: str, given: dict[str, Any], way_out: str
) -> None:
    short = {"connect": "500ms"}
    async with sandbox(tls=provider_tls, users={"ana": "pw"}) as provider:
        found = await check(
            provider.port(PROVIDER), ca_file=provider.ca_file, timeouts=short, **given
        )
    assert not found.ok
    assert way_out in found.findings[-1]


async def test_an_unknown_host_is_named() -> None:
    found = await check(25, host="nowhere.invalid", insecure=True)
    assert not found.ok
    assert found.findings == ["the host name nowhere.invalid was not found: check its spelling"]


async def test_a_closed_port_is_named() -> None:
    async with scripted({}) as server:
        port = server.port
    found = await check(port)
    assert not found.ok
    assert found.findings[-1] == f"127.0.0.1 port {port} refuses connections"


async def test_a_refused_test_mail_is_no_success() -> None:
    async with sandbox() as provider:
        refused = "550 5.7.1 Unconfigured Sending Domain <acme.test>"
        provider.add_fault(Fault(phase="end", action="reply", reply=refused))
        found = await check(provider.port(PROVIDER), test_mail=True)
    assert not found.ok
    assert refused in found.findings[-1]
    assert "clear the account or the sender address" in found.findings[-1]


async def test_no_finding_shows_the_password() -> None:
    async with sandbox(users={"ana": "pw"}) as provider:
        found = await check(provider.port(PROVIDER), username="ana", password="secret-word")
    assert "secret-word" not in " ".join(found.findings)
