"""Everything a campaign needs, in one process: Temporal, ledger, worker and a sandbox provider."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment

from operations.definition import read_definition
from operations.launching import launch
from postroad.contracts import CampaignState, campaign_workflow_id, sequence_workflow_id
from postroad.ledger.engine import Ledger
from postroad.ledger.overview import campaign_state
from postroad.ledger.tables import Channel, Message
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import secret_box
from starter.temporal_server import temporal_binary
from tests.starter.campaigns import Desk
from worker import running_worker
from workflows import search_attributes
from workflows.campaign import CampaignWorkflow
from workflows.sequence import SequenceWorkflow

ANA = "ana@acme.test"
_PATIENCE_SECONDS = 40
_SKIPPING = (
    ("frontend.WorkflowTimeSkippingEnabled", "true"),
    ("history.timerProcessorMaxTimeShift", '"1ms"'),
    ("history.workflowIdReuseMinimalInterval", '"0s"'),
)


@asynccontextmanager
async def temporal_environment(
    *,
    skip_time: bool,
    continue_after_events: int | None = None,
    data_converter: DataConverter = pydantic_data_converter,
) -> AsyncIterator[WorkflowEnvironment]:
    """A real server; with time skipping, waits of days pass in a moment.

    Args:
        skip_time: skip time while workflows wait.
        continue_after_events: suggest continue-as-new after so many events, so that it happens.
        data_converter: how payloads are written.
    """
    settings = list(_SKIPPING) if skip_time else []
    if continue_after_events is not None:
        settings.append(("limit.historyCount.suggestContinueAsNew", str(continue_after_events)))
    arguments = [
        part for name, value in settings for part in ("--dynamic-config-value", f"{name}={value}")
    ]
    for name, kind in search_attributes.types().items():
        arguments += ["--search-attribute", f"{name}={kind}"]
    start = (
        WorkflowEnvironment.start_time_skipping_v2 if skip_time else WorkflowEnvironment.start_local
    )
    async with await start(
        dev_server_existing_path=str(temporal_binary()),
        dev_server_extra_args=arguments,
        dev_server_log_level="error",
        data_converter=data_converter,
    ) as environment:
        yield environment


@dataclass
class Theatre:
    """A stage on which campaigns run."""

    client: Client
    ledger: Ledger
    sandbox: Sandbox
    desk: Desk
    task_queue: str

    async def launch(
        self,
        people: int,
        steps: str,
        *,
        limits: str = "[]",
        on_uncertain: str = "hold",
        organisation: str = "name: Acme",
    ) -> None:
        """Apply a workspace of one sender and launch campaign q4 for so many people."""
        self.desk.write(
            "workspace.yaml",
            f"organisation: {{{organisation}}}\n"
            "senders: [{email: ana@acme.test, name: Ana, timezone: UTC, default_channel: s}]\n"
            "channels: [{id: s, kind: smtp, address: ana@acme.test, host: 127.0.0.1, tls: none, "
            f"port: {self.sandbox.port('p')}, connections: 2, limits: {limits}, "
            f"on_uncertain: {on_uncertain}}}]\n",
        )
        await asyncio.to_thread(self.desk.apply)
        self.desk.write(
            "q4.yaml",
            f"{{id: q4, name: Q4, audience: people.csv, senders: [{ANA}], steps: {steps}}}",
        )
        self.write_people("people.csv", range(people))
        definition = read_definition(self.ledger, self.desk.campaign)
        await launch(self.client, self.ledger, self.task_queue, definition)

    def write_people(self, name: str, numbers: Sequence[int]) -> Path:
        """Write an audience file."""
        rows = "".join(f"p{n}@x.test,P{n}\n" for n in numbers)
        return self.desk.write(name, f"email,name\n{rows}")

    @property
    def campaign(self) -> WorkflowHandle[CampaignWorkflow, Any]:
        """The campaign's workflow."""
        return self.client.get_workflow_handle_for(CampaignWorkflow.run, campaign_workflow_id("q4"))

    @property
    def sequence(self) -> WorkflowHandle[SequenceWorkflow, Any]:
        """The sequence's workflow."""
        return self.client.get_workflow_handle_for(
            SequenceWorkflow.run, sequence_workflow_id("q4", ANA)
        )

    async def over(self) -> CampaignState:
        """Wait until the campaign has ended."""
        over = (CampaignState.COMPLETED, CampaignState.CANCELLED)
        await self.until(lambda: self.state() in over)
        await self.campaign.result()
        return self.state()

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something to be true."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await asyncio.to_thread(reached):
                await asyncio.sleep(0.02)

    def state(self) -> CampaignState:
        """Return where the campaign stands."""
        with self.ledger.read() as connection:
            found = campaign_state(connection, "q4")
        assert found is not None
        return found

    def counts(self) -> Counter[str]:
        """Return how many messages are in each state."""
        with self.ledger.read() as connection:
            rows = connection.execute(select(Message.state, func.count()).group_by(Message.state))
            return Counter({state: count for state, count in rows})

    def sent_at(self) -> list[int]:
        """Return when messages were sent, on the server's clock."""
        with self.ledger.read() as connection:
            found = connection.scalars(select(Message.sent_at).order_by(Message.sent_at))
            return [at for at in found if at is not None]

    def set_channel(self, state: str) -> None:
        """Let the channel stand still, or go on."""
        with self.ledger.write() as connection:
            connection.execute(update(Channel).values(state=state))

    async def kept(self, handle: WorkflowHandle[Any, Any]) -> bytes:
        """Return everything that Temporal keeps of a workflow's history, as it keeps it."""
        history = await handle.fetch_history()
        return b"".join(event.SerializeToString() for event in history.events)

    async def story(self, handle: WorkflowHandle[Any, Any]) -> list[str]:
        """Return the summaries of a workflow's timers and activities."""
        history = await handle.fetch_history()
        return [
            json.loads(event.user_metadata.summary.data)
            for event in history.events
            if event.HasField("user_metadata")
        ]


@asynccontextmanager
async def open_theatre(
    environment: WorkflowEnvironment, ledger: Ledger, directory: Path, task_queue: str
) -> AsyncIterator[Theatre]:
    """Run a worker and a provider until the block ends."""
    config = SandboxConfig(providers=(ProviderConfig(name="p"),))
    desk = Desk(directory, ledger)
    box = secret_box(desk.settings)
    async with (
        await serve(config) as sandbox,
        running_worker(environment.client, ledger, box, task_queue),
    ):
        yield Theatre(environment.client, ledger, sandbox, desk, task_queue)
