"""Gmail campaigns with killed workers and lost answers: nothing twice, lost, or left in doubt."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.faults import Fault
from postroad.sandbox.server import Sandbox, serve
from starter.temporal_server import free_port_pair
from tests.channels.gmail_stage import ANA, CONSENT, CREDENTIALS
from tests.once.stage import Stage, closing

# The ledger's part in it is tested on both databases in tests/once.
pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

PEOPLE = 60
KILLS = 2
FAULTS: list[dict[str, Any]] = [
    {"action": "delay", "delay": "3s"},
    {"action": "truncate"},
    {"action": "drop"},
    {"action": "reply", "status": 500},
]

WORKSPACE = """
organisation: {{name: Acme}}
senders:
  - {{email: {ana}, name: Ana Ruiz, timezone: Europe/Madrid, default_channel: ana-gmail}}
channels:
  - {{id: ana-gmail, kind: gmail, address: {ana}, credentials: {credentials}, limits: [],
     endpoint: "{here}/", token_endpoint: "{here}/token", timeout: 1s, settle: 300ms}}
"""


@pytest.fixture
async def google() -> AsyncIterator[Sandbox]:
    """A Gmail provider that takes its time and gives every mail a Message-ID of its own."""
    config = MailboxProviderConfig.model_validate(
        {
            "name": "p",
            "kind": "gmail",
            "mailboxes": (ANA,),
            "refresh_tokens": {CONSENT: ANA},
            "latency": "20ms",
            "search_lag": "1h",
            "rewrites_message_id": True,
        }
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        yield sandbox


@pytest.fixture
async def stage(ledger: Ledger, google: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """A campaign that is ready to be launched through Gmail."""
    async with closing(Stage(tmp_path, ledger, google)) as ready:
        await ready.set(free_port_pair(17_433), people=PEOPLE)
        here = f"http://127.0.0.1:{google.port('p')}"
        workspace = WORKSPACE.format(ana=ANA, credentials=CREDENTIALS, here=here)
        ready.desk.write("workspace.yaml", workspace)
        await asyncio.to_thread(ready.desk.apply)
        yield ready


def check(stage: Stage) -> None:
    """Everybody got the mail once, and the ledger knows it."""
    assert stage.counts() == {MessageState.SENT: PEOPLE + 1}
    assert stage.sandbox.accepted.duplicates == 0
    assert {mail.key for mail in stage.sandbox.accepted.mails} == set(stage.states())


async def test_killed_workers_leave_nothing_twice_and_nothing_in_doubt(stage: Stage) -> None:
    await stage.start_worker()
    await stage.launch()
    for kill in range(KILLS):
        await stage.accepted(8 + kill * PEOPLE // 3)
        await asyncio.sleep(random.uniform(0, 0.05))
        await stage.kill_worker()
        await stage.start_worker()
    await stage.settled()
    check(stage)


async def test_lost_answers_leave_nothing_twice_and_nothing_in_doubt(stage: Stage) -> None:
    for n, fault in enumerate(FAULTS):
        for phase in ("send", "accepted"):
            given = {"phase": phase, "skip": 4 * n, **fault}
            stage.sandbox.add_fault(Fault.model_validate(given))
    await stage.start_worker()
    await stage.launch()
    await stage.settled()
    check(stage)
