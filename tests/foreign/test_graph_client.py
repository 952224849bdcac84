"""Microsoft's own client, `@microsoft/microsoft-graph-client` from npm, against the sandbox."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from postroad.sandbox.interfaces import build_app
from tests.channels.exchange_online_stage import ANA, Stage, exchange_online
from tests.foreign.npm import installed, node

VERSION = "3.0.7"
SCRIPT = Path(__file__).with_name("graph_client.js")


@dataclass(frozen=True, slots=True)
class Place:
    """Exchange Online with Ana's mailbox, over TLS: the client gives tokens to nobody else."""

    stage: Stage
    address: str
    authority: Path


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    authority = tmp_path / "ca.pem"
    async with exchange_online() as stage:
        authority.write_bytes(stage.sandbox.authority.pem)
        runner = web.AppRunner(build_app(stage.provider), access_log=None, shutdown_timeout=1)
        await runner.setup()
        context = stage.sandbox.authority.server_context()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield Place(stage, f"https://127.0.0.1:{runner.addresses[0][1]}", authority)
        await runner.cleanup()


async def run(config: pytest.Config, place: Place, token: str | None = None) -> tuple[str, str]:
    """Run the script; return what it printed, and its error."""
    library = installed(config, "@microsoft/microsoft-graph-client", VERSION)
    bearer = token or await place.stage.channel._tokens.token()
    process = await asyncio.create_subprocess_exec(
        node(), SCRIPT, library, place.address, bearer, ANA,
        env=os.environ | {"NODE_EXTRA_CA_CERTS": str(place.authority)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        printed, error = await process.communicate()
    return printed.decode(), error.decode()


async def test_it_drafts_uploads_sends_lists_and_follows_changes(
    place: Place, pytestconfig: pytest.Config
) -> None:
    place.stage.mailbox.add("inbox", b"From: bob@buyer.test\r\nSubject: Before\r\n\r\nHello.\r\n")
    place.stage.sandbox.post_office.open_mailbox("bob@buyer.test")
    printed, error = await run(pytestconfig, place)
    assert error == ""
    seen: dict[str, Any] = json.loads(printed)
    first, second, third = place.stage.sandbox.accepted.mails
    assert first.recipients == ["bob@buyer.test", "carol@buyer.test"]
    assert first.size > 4_000_000
    assert (first.key, second.key, third.key) == ("js/intro/1", "", "")
    assert (seen["wasDraft"], seen["sameId"], seen["isDraft"]) == (True, True, False)
    assert seen["key"] == "js/intro/1"
    assert seen["ours"] == [["First", True]]
    assert seen["all"] == 4
    assert HeaderParser().parsestr(seen["content"])["Message-ID"] == first.message_id
    assert seen["folders"] == ["Inbox", "Sent Items", "Drafts", "Outbox", "Archive"]
    assert (seen["before"], seen["after"]) == (1, [])
    assert seen["unknownFilter"][:2] == [400, "ErrorInvalidUrlQuery"]
    assert seen["unknownUser"][:2] == [404, "ErrorInvalidUser"]
    assert seen["sentTwice"][:2] == [404, "ErrorItemNotFound"]
    assert place.stage.drafts() == 0


async def test_it_sees_a_bounce_among_the_changes(
    place: Place, pytestconfig: pytest.Config
) -> None:
    rule = place.stage.provider.config.refusals[0].model_copy(update={"prefix": "bob"})
    place.stage.provider.config = place.stage.provider.config.model_copy(
        update={"refusals": (rule,)}
    )
    printed, error = await run(pytestconfig, place)
    assert error == ""
    subjects = json.loads(printed)["after"]
    assert len(subjects) == 3
    assert set(subjects) == {"Undelivered Mail Returned to Sender"}


async def test_it_waits_as_it_is_told_and_asks_again(
    place: Place, pytestconfig: pytest.Config
) -> None:
    place.stage.fault("request", status=429, headers={"Retry-After": "1"})
    printed, error = await run(pytestconfig, place)
    assert error == ""
    assert json.loads(printed)["wasDraft"]


async def test_it_understands_that_it_may_not_come_in(
    place: Place, pytestconfig: pytest.Config
) -> None:
    _, error = await run(pytestconfig, place, token="made-up")
    assert error.startswith("401 InvalidAuthenticationToken")
    assert place.stage.sandbox.accepted.mails == []
