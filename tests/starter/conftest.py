"""The `postroad` command, and what it talks to: a Temporal that takes notes, or a real worker."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from postroad.ledger.engine import Ledger
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import SecretBox
from starter.setup import register_search_attributes
from starter.temporal_server import temporal_binary
from tests.ledger_rows import ANA
from tests.starter.campaigns import WORKSPACE, Desk
from tests.starter.command import Postroad, Ran
from tests.starter.stand_ins import NotingCampaign, NotingSequence
from worker import running_worker

TASK_QUEUE = "postroad"
SECRET_KEY = "a secret key for tests"


@dataclass(frozen=True, slots=True)
class Noted:
    """A running campaign q4 with Ana's sequence."""

    client: Client
    campaign: WorkflowHandle[NotingCampaign, None]
    sequence: WorkflowHandle[NotingSequence, None]

    async def asked_of_campaign(self) -> list[str]:
        """Return what the campaign was asked."""
        return await self.campaign.query(NotingCampaign.notes)

    async def reasons_to_wake(self) -> list[str]:
        """Return why the sequence was woken."""
        return await self.sequence.query(NotingSequence.notes)


@dataclass
class Running:
    """A worker that sends to a sandbox, and commands beside it."""

    desk: Desk
    sandbox: Sandbox
    postroad: Postroad

    async def __call__(self, *arguments: str) -> Ran:
        """Run a command on another thread, so that the worker goes on."""
        return await asyncio.to_thread(self.postroad, *arguments)


@pytest.fixture
def postroad(
    ledger: Ledger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Postroad:
    """The command, on the test's ledger and in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSTROAD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("POSTROAD_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("POSTROAD_DNS_ENABLED", "false")
    return Postroad(ledger, monkeypatch, capsys)


@pytest.fixture
async def temporal(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """A real Temporal server without a worker, that the command finds."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_binary()), data_converter=pydantic_data_converter
    )
    async with environment:
        address = environment.client.service_client.config.target_host
        monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", address)
        yield environment.client


@pytest.fixture
async def noted(temporal: Client) -> AsyncIterator[Noted]:
    """A worker with a campaign and a sequence that note what they are asked."""
    workflows = [NotingCampaign, NotingSequence]
    async with Worker(temporal, task_queue=TASK_QUEUE, workflows=workflows):
        campaign = await temporal.start_workflow(
            NotingCampaign.run, id="campaign/q4", task_queue=TASK_QUEUE
        )
        sequence = await temporal.start_workflow(
            NotingSequence.run, id=f"sequence/q4/{ANA}", task_queue=TASK_QUEUE
        )
        yield Noted(temporal, campaign, sequence)


@pytest.fixture
def desk(postroad: Postroad, ledger: Ledger, tmp_path: Path) -> Desk:
    """Files to launch, and a workspace that was applied."""
    desk = Desk(tmp_path, ledger)
    assert postroad("apply", "workspace.yaml").code == 0
    return desk


@pytest.fixture
async def running(desk: Desk, postroad: Postroad, temporal: Client) -> AsyncIterator[Running]:
    """Everything that sends."""
    await register_search_attributes(temporal)
    async with await serve(SandboxConfig(providers=(ProviderConfig(name="one"),))) as sandbox:
        port = sandbox.port("one")
        desk.write("workspace.yaml", WORKSPACE.replace("localhost", f"127.0.0.1, port: {port}"))
        assert (await asyncio.to_thread(postroad, "apply", "workspace.yaml")).code == 0
        desk.edit("q4.yaml", "wait: 3 days, ", "")
        # A worker of its own would log elsewhere than commands print.
        with capture_logs():
            async with running_worker(temporal, desk.ledger, SecretBox(SECRET_KEY), TASK_QUEUE):
                yield Running(desk, sandbox, postroad)
