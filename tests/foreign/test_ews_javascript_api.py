"""An EWS client that others wrote, `ews-javascript-api` from npm, against the sandbox."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from postroad.sandbox.ews_soap import EwsRefusal, answered
from tests.channels.exchange_stage import PASSWORD, PROVIDER, USER, Stage, exchange
from tests.foreign.npm import installed, node

VERSION = "0.15.3"
SCRIPT = Path(__file__).with_name("ews_client.js")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A sandbox server with Bo's mailbox."""
    async with exchange() as found:
        yield found


async def run(config: pytest.Config, stage: Stage, password: str = PASSWORD) -> tuple[str, str]:
    """Run the script; return what it printed, and its error."""
    library = installed(config, "ews-javascript-api", VERSION)
    server = f"http://127.0.0.1:{stage.sandbox.port(PROVIDER)}/EWS/Exchange.asmx"
    process = await asyncio.create_subprocess_exec(
        node(), SCRIPT, library, server, USER, password,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        printed, error = await process.communicate()
    return printed.decode(), error.decode()


async def test_it_sends_finds_reads_and_synchronises(
    stage: Stage, pytestconfig: pytest.Config
) -> None:
    printed, error = await run(pytestconfig, stage)
    assert error == ""
    seen: dict[str, Any] = json.loads(printed)
    first, second, third = stage.sandbox.accepted.mails
    assert first.recipients == ["bob@buyer.test", "carol@buyer.test"]
    assert (first.key, second.key, third.key) == ("js/intro/1", "", "")
    assert seen["ours"] == ["First"]
    assert seen["recent"] == {"total": 2, "shown": 1, "more": True}
    assert seen["messageId"] == first.message_id
    assert seen["body"] == "Grüße"
    assert seen["folder"] == ["Sent Items", 2]
    assert seen["changes"] == 2
    sent = [mail.content for mail in stage.mailbox.in_folder("sent")]
    assert base64.b64decode(seen["mime"]) in sent
    assert stage.mailbox.in_folder("drafts") == []


async def test_it_understands_a_refusal(stage: Stage, pytestconfig: pytest.Config) -> None:
    refusal = EwsRefusal("ErrorSendAsDenied", "You may not send as bo.")
    stage.fault("send", status=200, reply=answered("CreateItem", [refusal]).decode())
    _, error = await run(pytestconfig, stage)
    assert "You may not send as bo." in error
    assert stage.sandbox.accepted.mails == []


async def test_it_understands_that_it_may_not_come_in(
    stage: Stage, pytestconfig: pytest.Config
) -> None:
    _, error = await run(pytestconfig, stage, password="wrong")
    assert "401" in error
    assert stage.sandbox.accepted.mails == []
