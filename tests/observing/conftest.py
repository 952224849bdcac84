"""An installation of real processes that shows what it does."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from postroad.ledger.engine import Ledger
from postroad.ledger.schema import migrate
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import serve
from postroad.setting_tables import LogSettings, MetricsSettings, TracingSettings
from starter.temporal_server import free_port_pair
from tests.observing.collector import Collector, collecting
from tests.once.stage import Stage, closing
from tests.starter.smtp_inbox import free_port

_PATIENCE_SECONDS = 30
Labels = dict[str, str]


@dataclass
class Installation:
    """A worker process that shows metrics, and a collector of its traces."""

    stage: Stage
    collector: Collector
    address: str
    log: Path

    async def command(self, *arguments: str) -> str:
        """Run `postroad` as a process of its own; return what it said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from starter.cli import main; main()", *arguments,
            env=os.environ | self.stage.desk.settings.as_environment(),
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        return said.decode()

    async def asked(self, path: str) -> httpx.Response | None:
        """Return what the worker answers; None where nobody answers."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return await client.get(f"{self.address}{path}")
        except httpx.HTTPError:
            return None

    async def answers(self, path: str, status: int) -> None:
        """Wait until the worker answers so."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while (answer := await self.asked(path)) is None or answer.status_code != status:
                await asyncio.sleep(0.05)

    async def scraped(self) -> dict[str, list[tuple[Labels, float]]]:
        """Return every sample by its name, as Prometheus reads them."""
        answer = await self.asked("/metrics")
        assert answer is not None
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        found: dict[str, list[tuple[Labels, float]]] = {}
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """A campaign was sent, and everything is still up; the tests of a file share it."""
    directory = tmp_path_factory.mktemp("installation")
    ledger = Ledger(f"sqlite:///{directory}/ledger.db")
    migrate(ledger)
    async with AsyncExitStack() as stack:
        stack.callback(ledger.close)
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        config = SandboxConfig(providers=(ProviderConfig(name="p"),))
        sandbox = await stack.enter_async_context(await serve(config))
        collector = await stack.enter_async_context(collecting())
        stage = await stack.enter_async_context(closing(Stage(directory, ledger, sandbox)))
        # Other test processes look for the first free ones at this very time.
        await stage.set(free_port_pair(free_port()), people=5)
        bind = f"127.0.0.1:{free_port()}"
        stage.desk.settings = stage.desk.settings.model_copy(
            update={
                "metrics": MetricsSettings(bind=bind),
                "tracing": TracingSettings(endpoint=collector.endpoint),
                "log": LogSettings(format="json"),
            }
        )
        await stage.start_worker()
        opened = Installation(stage, collector, f"http://{bind}", directory / "worker.log")
        await opened.answers("/health/ready", 200)
        await opened.command("launch", str(stage.desk.campaign))
        await stage.completed()
        yield opened
