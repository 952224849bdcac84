"""The stage for once-only tests: real Temporal, ledger, SMTP server, and workers to be killed."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import func, select

from operations.launching import launch_campaign
from postroad.contracts import CampaignState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.overview import campaign_state
from postroad.ledger.tables import Enrollment, Message, Step
from postroad.sandbox.server import Sandbox
from starter.temporal_server import TemporalServer, running_temporal_server
from tests.starter.campaigns import Desk
from workflows import search_attributes

CONNECTIONS = 4
PEOPLE = 120
_PATIENCE_SECONDS = 90

_WORKSPACE = """
organisation: {{name: Acme}}
senders:
  - {{email: ana@acme.test, name: Ana Ruiz, timezone: Europe/Madrid, default_channel: ana-smtp}}
channels:
  - {{id: ana-smtp, kind: smtp, address: ana@acme.test, host: 127.0.0.1, port: {port}, tls: none,
     connections: {connections}, on_uncertain: {on_uncertain}}}
"""
_CAMPAIGN = """
id: q4
name: Q4 launch
audience: people.csv
senders: [ana@acme.test]
steps:
  - {id: intro, subject: "Hello {{ person.first_name }}", text: "Hello {{ person.first_name }}"}
"""


class Stage:
    """One campaign between a worker that dies and a provider that counts."""

    def __init__(self, directory: Path, ledger: Ledger, sandbox: Sandbox) -> None:
        self.ledger = ledger
        self.sandbox = sandbox
        self.desk = Desk(directory, ledger)
        self.temporal: TemporalServer | None = None
        self._directory = directory
        self._temporal_stack = AsyncExitStack()
        self._workers: list[asyncio.subprocess.Process] = []

    async def set(self, port: int, *, on_uncertain: str = "hold", people: int = PEOPLE) -> None:
        """Start Temporal, describe the workspace, and write the campaign's files."""
        await self.start_temporal(port)
        workspace = _WORKSPACE.format(
            port=self.sandbox.port("p"), connections=CONNECTIONS, on_uncertain=on_uncertain
        )
        self.desk.write("workspace.yaml", workspace)
        self.desk.write("q4.yaml", _CAMPAIGN)
        rows = "".join(f"p{n}@x.test,P{n}\n" for n in range(people))
        self.desk.write("people.csv", f"email,first_name\n{rows}gone@x.test,Gone\n")
        await asyncio.to_thread(self.desk.apply)

    async def launch(self) -> None:
        """Launch the campaign."""
        await launch_campaign(self.desk.settings, self.desk.campaign)

    async def start_temporal(self, port: int) -> None:
        """Start the Temporal server on its database file."""
        self.temporal = await self._temporal_stack.enter_async_context(
            running_temporal_server(
                self._directory / "temporal.db",
                port=port,
                search_attributes=search_attributes.types(),
                log=self._directory / "temporal.log",
            )
        )
        temporal = self.desk.settings.temporal.model_copy(update={"address": self.temporal.address})
        self.desk.settings = self.desk.settings.model_copy(update={"temporal": temporal})

    async def kill_temporal(self) -> None:
        """End the Temporal server as a crash would."""
        assert self.temporal is not None
        self.temporal.process.kill()
        await self.temporal.process.wait()

    async def start_worker(self, *dying: str) -> asyncio.subprocess.Process:
        """Start a worker process; with a point and a count, one that kills itself there."""
        module = ["tests.once.dying_worker", *dying] if dying else ["worker"]
        environment = os.environ | self.desk.settings.as_environment()
        with (self._directory / "worker.log").open("ab") as log:
            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *module,
                env=environment, cwd=Path(__file__).parents[2],
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._workers.append(worker)
        return worker

    async def kill_worker(self) -> None:
        """End the last worker as a crash would."""
        worker = self._workers[-1]
        if worker.returncode is None:
            worker.kill()
        await worker.wait()

    async def accepted(self, count: int) -> None:
        """Wait until the provider has accepted so many mails."""
        await self._until(lambda: len(self.sandbox.accepted.mails) >= count)

    async def settled(self) -> None:
        """Wait until no message is planned, reserved or on the wire."""
        await self._until(self._is_settled)

    async def completed(self) -> None:
        """Wait until the campaign has ended."""
        await self._until(self._is_completed)

    def states(self) -> dict[str, str]:
        """Return each message's key and state."""
        with self.ledger.read() as connection:
            rows = connection.execute(
                select(Enrollment.campaign_id, Step.id, Enrollment.person_key, Message.state)
                .join(Enrollment, Enrollment.id == Message.enrollment_id)
                .join(
                    Step,
                    (Step.campaign_id == Enrollment.campaign_id)
                    & (Step.position == Message.position),
                )
            )
            return {f"{campaign}/{step}/{key}": state for campaign, step, key, state in rows}

    def counts(self) -> Counter[str]:
        """Return how many messages are in each state."""
        return Counter(self.states().values())

    async def close(self) -> None:
        """End every process."""
        for worker in self._workers:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()
        await self._temporal_stack.aclose()

    def _is_settled(self) -> bool:
        moving = (MessageState.PLANNED, MessageState.RESERVED, MessageState.SENDING)
        with self.ledger.read() as connection:
            found = connection.execute(
                select(func.count(Message.id)).where(Message.state.in_(moving))
            ).scalar_one()
            enrolled = connection.execute(select(func.count(Message.id))).scalar_one()
        return enrolled > 0 and found == 0

    def _is_completed(self) -> bool:
        with self.ledger.read() as connection:
            return campaign_state(connection, "q4") is CampaignState.COMPLETED

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await asyncio.to_thread(reached):
                await asyncio.sleep(0.02)


@asynccontextmanager
async def closing(stage: Stage) -> AsyncIterator[Stage]:
    """Close a stage at the end."""
    try:
        yield stage
    finally:
        await stage.close()
