"""The engine under measurement: every part a process of its own, as in production."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
from sqlalchemy import func, select, text

from benchmarks.campaign import write_campaign, write_workspace
from operations.launching import launch_campaign
from postroad.contracts import CampaignState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.overview import campaign_state
from postroad.ledger.schema import migrate
from postroad.ledger.tables import Enrollment, Message
from postroad.settings import Settings
from starter.apply import apply_file
from starter.temporal_server import free_port_pair, running_temporal_server, stop_process
from tests.postgres import PostgresServer
from workflows import search_attributes

Database = Literal["sqlite", "postgresql"]


@dataclass
class Engine:
    """A running engine."""

    settings: Settings
    directory: Path
    ledger: Ledger
    sink_port: int
    worker: asyncio.subprocess.Process

    async def send(self, campaign: str, people: int) -> float:
        """Launch a campaign and wait until it has ended; return the seconds that took."""
        path = write_campaign(self.directory, people)
        began = time.perf_counter()
        await launch_campaign(self.settings, path, campaign_id=campaign)
        while await asyncio.to_thread(self._state, campaign) is not CampaignState.COMPLETED:
            await asyncio.sleep(0.1)
        return time.perf_counter() - began

    def rate(self, campaign: str) -> float:
        """Return the messages a second between the first and the last acceptance."""
        with self.ledger.read() as connection:
            row = connection.execute(
                select(
                    func.count().label("sent"),
                    func.min(Message.sent_at).label("first"),
                    func.max(Message.sent_at).label("last"),
                )
                .join(Enrollment, Enrollment.id == Message.enrollment_id)
                .where(Enrollment.campaign_id == campaign, Message.state == MessageState.SENT)
            ).one()
        milliseconds: int = max(row.last - row.first, 1)
        sent: int = row.sent
        return 1_000 * sent / milliseconds

    def sent(self) -> int:
        """Return how many messages were sent."""
        with self.ledger.read() as connection:
            return connection.execute(
                select(func.count(Message.id)).where(Message.state == MessageState.SENT)
            ).scalar_one()

    def ledger_bytes(self) -> int:
        """Return the size of the ledger on disk."""
        with self.ledger.write() as connection:
            if not self.ledger.is_sqlite:
                size = connection.execute(text("SELECT pg_database_size(current_database())"))
                return int(size.scalar_one())
        return sum(path.stat().st_size for path in self.settings.data_dir.glob("ledger.db"))

    def worker_megabytes(self) -> float:
        """Return the worker's resident memory."""
        memory: int = psutil.Process(self.worker.pid).memory_info().rss
        return memory / 1_048_576

    async def use_connections(self, connections: int) -> None:
        """Let the channel have so many connections."""
        workspace = write_workspace(self.directory, self.sink_port, connections)
        await asyncio.to_thread(apply_file, self.settings, workspace)

    async def restart_worker(self) -> None:
        """Start a worker in place of the one that ended."""
        self.worker = await start_worker(self.settings)

    def _state(self, campaign: str) -> CampaignState | None:
        with self.ledger.read() as connection:
            return campaign_state(connection, campaign)


@asynccontextmanager
async def running_sink() -> AsyncIterator[int]:
    """Run the SMTP sink as a process; yield its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.smtp_sink", "--port", "0",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield int((await process.stdout.readline()).split()[-1])
    finally:
        await stop_process(process)


@asynccontextmanager
async def running_engine(
    database: Database, sink_port: int, *, connections: int = 10
) -> AsyncIterator[Engine]:
    """Run Temporal, a ledger with durable commits, and a worker until the block ends."""
    directory = Path(tempfile.mkdtemp(prefix="postroad-bench-"))
    server = PostgresServer(durable=True) if database == "postgresql" else None
    try:
        url = f"sqlite:///{directory / 'ledger.db'}"
        if server is not None:
            server.start()
            server.create("ledger")
            url = server.url("ledger")
        async with running_temporal_server(
            directory / "temporal.db",
            port=free_port_pair(27_233),
            search_attributes=search_attributes.types(),
            log=directory / "temporal.log",
        ) as temporal:
            settings = Settings.model_validate(
                {
                    "data_dir": directory,
                    "ledger": {"url": url},
                    "temporal": {"address": temporal.address},
                    "secret_key": "a key for measuring",
                }
            )
            ledger = Ledger(url)
            migrate(ledger)
            worker = await start_worker(settings)
            engine = Engine(settings, directory, ledger, sink_port, worker)
            await engine.use_connections(connections)
            try:
                yield engine
            finally:
                await stop_process(engine.worker)
                ledger.close()
    finally:
        if server is not None:
            server.delete()
        shutil.rmtree(directory, ignore_errors=True)


async def start_worker(settings: Settings) -> asyncio.subprocess.Process:
    """Start a worker process."""
    with (settings.data_dir / "worker.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "worker",
            env=os.environ | settings.as_environment(),
            stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
