"""(a) Messages a second, side by side with bare loops on the same server and connections."""

import asyncio
import sys
from dataclasses import dataclass
from statistics import median

from benchmarks.engine import Database, running_engine, running_sink


@dataclass(frozen=True, slots=True)
class Throughput:
    """One line of the table; rates in messages a second."""

    database: Database
    connections: int
    pipeline: float
    """Between the first and the last acceptance."""
    launch_to_end: float
    """Reading the file, staging, enrolling and closing included."""
    rendering: float
    prebuilt: float

    @property
    def to_rendering(self) -> float:
        """How much of a rendering loop's rate the pipeline reaches."""
        return self.pipeline / self.rendering

    @property
    def to_prebuilt(self) -> float:
        """How much of the wire's own rate the pipeline reaches."""
        return self.pipeline / self.prebuilt


async def throughput(messages: int, rounds: int) -> list[Throughput]:
    """Measure every database with 1 and 10 connections, interleaved, and take the medians."""
    databases: tuple[Database, ...] = ("sqlite", "postgresql")
    return [
        await _measure(database, connections, messages, rounds)
        for database in databases
        for connections in (1, 10)
    ]


async def _measure(database: Database, connections: int, messages: int, rounds: int) -> Throughput:
    rates: dict[str, list[float]] = {"pipeline": [], "whole": [], "render": [], "bytes": []}
    async with (
        running_sink() as port,
        running_engine(database, port, connections=connections) as engine,
    ):
        await engine.send("warm-up", 200)
        for number in range(1, rounds + 1):
            for mode in ("render", "bytes"):
                seconds = await _bare(mode, port, connections, messages)
                rates[mode].append(messages / seconds)
            seconds = await engine.send(f"round-{number}", messages)
            rates["pipeline"].append(engine.rate(f"round-{number}"))
            rates["whole"].append(messages / seconds)
    return Throughput(
        database, connections, median(rates["pipeline"]), median(rates["whole"]),
        median(rates["render"]), median(rates["bytes"]),
    )  # fmt: skip


async def _bare(mode: str, port: int, connections: int, messages: int) -> float:
    """Run a bare loop as a process of its own; return its seconds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bare", mode, "--port", str(port),
        "--connections", str(connections), "--messages", str(messages),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    return float(output)
