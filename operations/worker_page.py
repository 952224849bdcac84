"""What a worker shows over HTTP: its metrics, and whether it lives and is ready."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from operations.ledger_metrics import LedgerMetrics
from operations.refusal import Refused
from operations.temporal_metrics import TemporalMetrics
from postroad.ledger.engine import Ledger
from postroad.metrics import registry

_PATIENCE_SECONDS = 5.0
Part = Callable[[], Awaitable[bool]]


class WorkerPage:
    """Answers `/metrics`, `/health/live` and `/health/ready` for one worker."""

    def __init__(self, client: Client, ledger: Ledger, temporal: TemporalMetrics | None) -> None:
        """Prepare.

        Args:
            client: whether it can reach Temporal decides whether the worker is ready.
            ledger: the same, and where the numbers come from.
            temporal: what counts for the client.
        """
        self._client = client
        self._ledger = ledger
        self._temporal = temporal
        self._of_ledger = CollectorRegistry()
        self._of_ledger.register(LedgerMetrics(ledger))

    @asynccontextmanager
    async def shown(self, bind: str) -> AsyncIterator[str]:
        """Show it at `host:port` until the block ends; yields where, port 0 being any.

        Raises:
            Refused: the port cannot be had.
        """
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._ready)
        host, _, port = bind.rpartition(":")
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await _listen(runner, host.strip("[]"), int(port))
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        """Answer what this process counted, what the ledger holds, and what Temporal counted.

        Where the ledger is away, its numbers are missing: the others say so as well.
        """
        parts = [generate_latest(registry)]
        with suppress(SQLAlchemyError):
            parts.append(await asyncio.to_thread(generate_latest, self._of_ledger))
        if self._temporal is not None:
            parts.append(await self._temporal.text())
        return web.Response(
            body=b"".join(parts), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    async def _live(self, _: web.Request) -> web.Response:
        """Answer that the process is not stuck."""
        return web.json_response({"live": True})

    async def _ready(self, _: web.Request) -> web.Response:
        """Answer 200 where the worker can work, 503 with what it cannot reach otherwise."""
        parts: dict[str, Part] = {
            "temporal": self._reaches_temporal,
            "ledger": self._reaches_ledger,
        }
        found = {name: await part() for name, part in parts.items()}
        ready = all(found.values())
        return web.json_response({"ready": ready, **found}, status=200 if ready else 503)

    async def _reaches_temporal(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._client.service_client.check_health()
        except (RPCError, TimeoutError):
            return False

    async def _reaches_ledger(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await asyncio.to_thread(self._ask_ledger)
        except (SQLAlchemyError, TimeoutError):
            return False
        return True

    def _ask_ledger(self) -> None:
        with self._ledger.read() as connection:
            connection.execute(text("SELECT 1"))


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise Refused(
            f"metrics.bind: {host}:{port} cannot be had ({error.strerror}): set another"
        ) from None
