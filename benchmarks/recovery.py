"""(d) Seconds from kill -9 of the worker to the next message leaving."""

import asyncio
import time
from statistics import median

from benchmarks.engine import Database, running_engine, running_sink

_MESSAGES = 20_000


async def recovery(rounds: int) -> dict[str, list[float]]:
    """Kill the worker in the middle, start another, and wait for the next message."""
    found: dict[str, list[float]] = {}
    databases: tuple[Database, ...] = ("sqlite", "postgresql")
    for database in databases:
        async with running_sink() as port, running_engine(database, port) as engine:
            sending = asyncio.create_task(engine.send("measured", _MESSAGES))
            while engine.sent() < 500:
                await asyncio.sleep(0.05)
            seconds: list[float] = []
            for _ in range(rounds):
                await asyncio.sleep(1)
                engine.worker.kill()
                await engine.worker.wait()
                began, sent = time.perf_counter(), engine.sent()
                await engine.restart_worker()
                while engine.sent() <= sent:
                    await asyncio.sleep(0.02)
                seconds.append(time.perf_counter() - began)
            sending.cancel()
            found[database] = [median(seconds), max(seconds)]
    return found
