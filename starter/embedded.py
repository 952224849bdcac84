"""The embedded stack: Temporal server, ledger, worker and console in one data directory."""

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from operations.refusal import Refused
from operations.temporal import RUNTIME_FILE
from postroad.ledger.engine import Ledger
from postroad.ledger.schema import migrate
from postroad.settings import Settings
from starter.child import Child
from starter.temporal_server import free_port, free_port_pair, running_temporal_server
from workflows import search_attributes

_LEFTOVER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Runtime:
    """What other commands need to know of a running stack; kept in the data directory."""

    temporal_address: str
    namespace: str
    web_ui: str
    pid: int
    temporal_pid: int
    worker_pid: int
    console: str = ""
    """The host and port that the console answers on."""
    console_pid: int = 0


class EmbeddedStack:
    """Starts, supervises and stops everything that one data directory needs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._data_dir = Path(settings.data_dir)
        self._runtime_file = self._data_dir / RUNTIME_FILE
        self._worker: Child | None = None
        self._console: Child | None = None
        self._runtime: Runtime | None = None

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, for who wants to see what happens when it dies."""
        return None if self._worker is None else self._worker.pid

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Runtime]:
        """Start everything, and stop it in the reverse order when the block ends.

        Raises:
            Refused: another `up` uses the data directory, or the server did not come up.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        with _sole_user(self._data_dir):
            async with self._started() as runtime:
                yield runtime

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[Runtime]:
        former = self._former_runtime()
        await asyncio.to_thread(_end_leftovers, former)
        await asyncio.to_thread(self._migrate)
        async with running_temporal_server(
            self._data_dir / "temporal.db",
            port=free_port_pair(_port(former)),
            namespace=self._settings.temporal.namespace,
            search_attributes=search_attributes.types(),
            log=self._data_dir / "temporal.log",
        ) as server:
            console = self._console_address(former)
            self._worker = self._child("worker", {"POSTROAD_TEMPORAL_ADDRESS": server.address})
            self._console = self._child(
                "console",
                {"POSTROAD_TEMPORAL_ADDRESS": server.address, "POSTROAD_CONSOLE_BIND": console},
            )
            children = (self._worker, self._console)
            for child in children:
                await child.start()
            self._runtime = Runtime(
                temporal_address=server.address,
                namespace=self._settings.temporal.namespace,
                web_ui=server.web_ui,
                pid=os.getpid(),
                temporal_pid=server.process.pid,
                worker_pid=self._worker.pid,
                console=console,
                console_pid=self._console.pid,
            )
            self._write_runtime(self._runtime)
            supervisors = [
                asyncio.create_task(child.supervise(self._note_restart)) for child in children
            ]
            try:
                yield self._runtime
            finally:
                for supervisor in supervisors:
                    supervisor.cancel()
                for child in children:
                    await child.stop()
                self._runtime_file.unlink(missing_ok=True)

    def _child(self, module: str, variables: dict[str, str]) -> Child:
        environment = os.environ | self._settings.as_environment() | variables
        return Child(module, environment, self._data_dir / f"{module}.log")

    def _console_address(self, former: Runtime | None) -> str:
        """Return the address that is set; else last time's, else any that is free."""
        console = self._settings.console
        if "bind" in console.model_fields_set:
            return console.bind
        host, _, port = ((former and former.console) or console.bind).rpartition(":")
        return f"{host}:{free_port(int(port))}"

    def _note_restart(self) -> None:
        """Let others know the processes that run now."""
        if self._runtime is not None and self._worker is not None and self._console is not None:
            self._runtime = replace(
                self._runtime, worker_pid=self._worker.pid, console_pid=self._console.pid
            )
            self._write_runtime(self._runtime)

    def _migrate(self) -> None:
        ledger = Ledger(self._settings.ledger.url)
        try:
            migrate(ledger)
        finally:
            ledger.close()

    def _former_runtime(self) -> Runtime | None:
        try:
            return Runtime(**json.loads(self._runtime_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _write_runtime(self, runtime: Runtime) -> None:
        partial = self._runtime_file.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(runtime), indent=2))
        partial.replace(self._runtime_file)


@contextmanager
def _sole_user(data_dir: Path) -> Iterator[None]:
    """Hold the data directory's lock, which the system releases when this process ends."""
    with (data_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused(
                f"another `postroad up` is running on {data_dir}: stop it, or give --data-dir"
            ) from None
        yield


def _port(former: Runtime | None) -> int | None:
    """Prefer the port of last time: workers and people elsewhere know it."""
    return int(former.temporal_address.rpartition(":")[2]) if former else None


def _end_leftovers(former: Runtime | None) -> None:
    """End what an `up` that was killed left running on this data directory."""
    if former is None:
        return
    leftovers = [
        process
        for pid, word in (
            (former.console_pid, "console"),
            (former.worker_pid, "worker"),
            (former.temporal_pid, "start-dev"),
        )
        if (process := _process(pid, word)) is not None
    ]
    for process in leftovers:
        process.terminate()
    _, alive = psutil.wait_procs(leftovers, timeout=_LEFTOVER_SECONDS)
    for process in alive:
        process.kill()


def _process(pid: int, word: str) -> psutil.Process | None:
    """Return the process if it is still the one we started, and not another with its number."""
    try:
        process = psutil.Process(pid)
        return process if word in process.cmdline() else None
    except psutil.Error:
        return None
