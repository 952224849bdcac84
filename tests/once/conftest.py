"""A stage per test, with a slow enough provider that kills land in the middle."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from postroad.ledger.engine import Ledger
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve
from starter.temporal_server import free_port_pair
from tests.once.stage import Stage, closing


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """One provider that takes ten milliseconds to accept a message."""
    config = SandboxConfig(
        providers=(ProviderConfig(name="p", latency=timedelta(milliseconds=10)),)
    )
    async with await serve(config) as running:
        yield running


@pytest.fixture
async def stage(ledger: Ledger, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage that is not set yet."""
    async with closing(Stage(tmp_path, ledger, sandbox)) as ready:
        yield ready


@pytest.fixture
def port(worker_id: str) -> int:
    """A port for a Temporal server that may be restarted on it; each test process has its own."""
    return free_port_pair(17_233 + 2 * int(worker_id.removeprefix("gw").replace("master", "0")))
