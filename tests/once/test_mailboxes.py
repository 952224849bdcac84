"""Campaigns through mailboxes, with killed workers and lost answers: once, and never in doubt."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest

from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.faults import Fault
from postroad.sandbox.server import Sandbox, serve
from tests.once.stage import Stage, closing

# The ledger's part in it is tested on both databases, in test_killed.
pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

Kind = Literal["gmail", "exchange", "exchange_online"]

PEOPLE = 60
KILLS = 2
ANA = "ana@acme.test"
FAULTS: list[dict[str, Any]] = [
    {"action": "delay", "delay": "3s"},
    {"action": "truncate"},
    {"action": "drop"},
    {"action": "reply", "status": 500},
]
PROVIDERS: dict[Kind, dict[str, Any]] = {
    "gmail": {"refresh_tokens": {"consent": ANA}, "search_lag": "1h", "rewrites_message_id": True},
    "exchange": {"users": {"ana": "secret"}},
    "exchange_online": {"rewrites_message_id": True},
}
CHANNELS: dict[Kind, str] = {
    "gmail": """
     credentials: {client_id: sandbox, client_secret: sandbox-secret, refresh_token: consent},
     endpoint: "http://127.0.0.1:PORT/", token_endpoint: "http://127.0.0.1:PORT/token",
     settle: 300ms""",
    "exchange": """
     server: "http://127.0.0.1:PORT/EWS/Exchange.asmx", username: ana, password: secret,
     settle: 300ms""",
    "exchange_online": """
     credentials: {tenant: acme.test, client_id: sandbox, client_secret: sandbox-secret},
     endpoint: "http://127.0.0.1:PORT/v1.0", authority: "http://127.0.0.1:PORT" """,
}
WORKSPACE = """
organisation: {name: Acme}
senders:
  - {email: ana@acme.test, name: Ana Ruiz, timezone: Europe/Madrid}
channels:
  - {id: ana, kind: KIND, address: ana@acme.test, limits: [], timeout: 1s, SETTINGS}
"""


@pytest.fixture(params=PROVIDERS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind of mailbox."""
    chosen: Kind = request.param
    return chosen


@pytest.fixture
async def provider(kind: Kind) -> AsyncIterator[Sandbox]:
    """A provider that takes its time."""
    config = MailboxProviderConfig.model_validate(
        {"name": "p", "kind": kind, "mailboxes": (ANA,), "latency": "20ms", **PROVIDERS[kind]}
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        yield sandbox


@pytest.fixture
async def mailbox_stage(
    ledger: Ledger, kind: Kind, provider: Sandbox, port: int, tmp_path: Path
) -> AsyncIterator[Stage]:
    """A campaign that is ready to be launched."""
    async with closing(Stage(tmp_path, ledger, provider)) as ready:
        await ready.set(port, people=PEOPLE)
        settings = CHANNELS[kind].replace("PORT", str(provider.port("p")))
        workspace = WORKSPACE.replace("KIND", kind).replace("SETTINGS", settings)
        ready.desk.write("workspace.yaml", workspace)
        await asyncio.to_thread(ready.desk.apply)
        yield ready


def check(stage: Stage) -> None:
    """Everybody got the mail once, and the ledger knows it."""
    assert stage.counts() == {MessageState.SENT: PEOPLE + 1}
    assert stage.sandbox.accepted.duplicates == 0
    assert {mail.key for mail in stage.sandbox.accepted.mails} == set(stage.states())


async def test_killed_workers_leave_nothing_twice_and_nothing_in_doubt(
    mailbox_stage: Stage,
) -> None:
    stage = mailbox_stage
    await stage.start_worker()
    await stage.launch()
    for kill in range(KILLS):
        await stage.accepted(8 + kill * PEOPLE // 3)
        await asyncio.sleep(random.uniform(0, 0.05))
        await stage.kill_worker()
        await stage.start_worker()
    await stage.settled()
    check(stage)


async def test_lost_answers_leave_nothing_twice_and_nothing_in_doubt(mailbox_stage: Stage) -> None:
    stage = mailbox_stage
    for n, fault in enumerate(FAULTS):
        for phase in ("send", "accepted"):
            given = {"phase": phase, "skip": 4 * n, **fault}
            stage.sandbox.add_fault(Fault.model_validate(given))
    await stage.start_worker()
    await stage.launch()
    await stage.settled()
    check(stage)
