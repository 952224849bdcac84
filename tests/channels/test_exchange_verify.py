"""`verify` says how one signed in, to what server, and whether the mailbox opens."""

import json
import socket

import pytest

from postroad.channels.base import OutgoingMessage, Verification
from postroad.channels.exchange import ExchangeChannel
from postroad.sandbox.ews_soap import EwsRefusal, fault
from tests.channels.exchange_stage import BO, Stage, exchange, mail, settings


async def verified(stage: Stage, test_message: OutgoingMessage | None = None) -> Verification:
    return await stage.channel.verify(test_message)


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
async def test_a_good_channel_is_found_good_step_by_step(auth: str) -> None:
    async with exchange({"auth": auth}) as stage:
        found = await verified(stage, mail("verify/1/1"))
    assert found.ok
    assert found.findings == [
        f"signed in to 127.0.0.1 as ACME\\bo ({auth})",
        "the server is Microsoft Exchange Server 2016 (15.1.2507.6)",
        "the mailbox of bo@acme.test opens: Inbox (0), Sent folder (0), Drafts (0), Outbox (0)",
        "2 mail folders are read for replies and bounces",
        "the test mail was accepted: accepted by Exchange",
    ]
    assert stage.left("verify/1/1") == 1


async def test_without_a_test_mail_nothing_leaves() -> None:
    async with exchange({"auth": "oauth"}) as stage:
        found = await verified(stage)
    assert found.ok
    assert found.findings[0] == "signed in to 127.0.0.1 as sandbox (oauth)"
    assert stage.sandbox.accepted.mails == []


@pytest.mark.parametrize(
    ("code", "way_out"),
    [
        ("ErrorAccessDenied", "ApplicationImpersonation"),
        ("ErrorInvalidServerVersion", "compare server"),
        ("ErrorServerBusy", "try again later"),
    ],
)
async def test_what_is_wrong_is_a_finding_with_the_way_out(code: str, way_out: str) -> None:
    async with exchange() as stage:
        stage.fault("request", status=500, reply=fault(EwsRefusal(code, "no")).decode())
        found = await verified(stage, mail())
    assert not found.ok
    assert way_out in found.findings[-1]
    assert stage.left() == 0


async def test_a_wrong_password_is_a_finding_that_does_not_show_it() -> None:
    async with exchange({"password": "not that one"}) as stage:
        found = await verified(stage)
    assert not found.ok
    assert "check username and password" in found.findings[-1]
    assert "not that one" not in json.dumps(found.findings)


async def test_a_test_mail_that_is_refused_is_a_finding() -> None:
    async with exchange() as stage:
        refusal = EwsRefusal("ErrorSendAsDenied", "no")
        stage.fault("send", status=500, reply=fault(refusal).decode())
        found = await verified(stage, mail())
    assert not found.ok
    assert found.findings[-1].startswith("the test mail was not accepted")
    assert "the right to send as it" in found.findings[-1]


async def test_exchange_online_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    server = "https://outlook.office365.com/EWS/Exchange.asmx"
    channel = ExchangeChannel(settings(1, server=server), BO)
    found = await channel.verify()
    await channel.aclose()
    assert not found.ok
    assert "blocked since 1 October 2026" in found.findings[0]
    assert "use kind: exchange_online" in found.findings[0]
    assert "cannot be reached" in found.findings[1]
