"""`channel connect --device-code` has a person agree on another device."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from postroad.ledger.engine import Ledger
from postroad.ledger.workspace import load_channel
from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import SecretBox
from postroad.workspace import ExchangeOnlineChannel
from tests.ledger_rows import ANA
from tests.starter.command import Postroad
from tests.starter.conftest import SECRET_KEY
from tests.starter.test_connect import BO, CHANNEL, CLIENT, apply

CODE = re.compile(r"open (\S+) and enter the code (\w+),")


@pytest.fixture
async def microsoft() -> AsyncIterator[Sandbox]:
    """Exchange Online with two mailboxes."""
    config = MailboxProviderConfig(name="ms", kind="exchange_online", mailboxes=(ANA, BO))
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        yield sandbox


def apply_exchange_online(ledger: Ledger, microsoft: Sandbox) -> None:
    here = f"http://127.0.0.1:{microsoft.port('ms')}"
    credentials: dict[str, Any] = {"tenant": "acme.test", "client_id": "sandbox"}
    apply(
        ledger,
        kind="exchange_online",
        delegated=True,
        credentials=credentials,
        endpoint=f"{here}/v1.0",
        authority=here,
    )


async def connected_by(person: str) -> tuple[int | None, str, str]:
    """Run the command while a person types its code; return how it ended and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from starter.cli import main; main()",
        "channel", "connect", CHANNEL, "--device-code",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip
    assert process.stdout is not None
    said = (await process.stdout.readline()).decode()
    found = CODE.search(said)
    assert found is not None, said
    async with httpx.AsyncClient() as browser:
        await browser.post(found[1], data={"code": found[2], "mailbox": person})
    rest, errors = await process.communicate()
    return process.returncode, said + rest.decode(), errors.decode()


@pytest.mark.usefixtures("postroad")
async def test_a_person_types_the_code_and_the_channel_is_connected(
    ledger: Ledger, microsoft: Sandbox
) -> None:
    apply_exchange_online(ledger, microsoft)
    code, said, _ = await connected_by(ANA)
    assert code == 0
    assert said.endswith(f"then agree as {ANA}.\n{CHANNEL} is connected as {ANA}\n")
    with ledger.read() as connection:
        found = load_channel(connection, CHANNEL, SecretBox(SECRET_KEY))
    assert isinstance(found, ExchangeOnlineChannel)
    assert found.credentials.refresh_token is not None


@pytest.mark.usefixtures("postroad")
@pytest.mark.parametrize(("person", "why"), [(BO, f"belongs to {BO}"), ("", "declined")])
async def test_a_code_that_somebody_else_or_nobody_agreed_to_connects_nothing(
    ledger: Ledger, microsoft: Sandbox, person: str, why: str
) -> None:
    apply_exchange_online(ledger, microsoft)
    code, _, errors = await connected_by(person)
    assert code == 1
    assert why in errors
    assert errors.count("\n") == 1


def test_a_gmail_channel_is_not_connected_by_a_code(postroad: Postroad, ledger: Ledger) -> None:
    apply(ledger, kind="gmail", credentials=CLIENT)
    ran = postroad("channel", "connect", CHANNEL, "--device-code")
    assert ran.code == 1
    assert "Google gives none for mail" in ran.stderr
