"""The `postroad` command, and a Temporal whose campaign and sequence note what they are asked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from postroad.ledger.engine import Ledger
from starter.temporal_server import temporal_binary
from tests.ledger_rows import ANA
from tests.starter.command import Postroad
from tests.starter.stand_ins import NotingCampaign, NotingSequence

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
