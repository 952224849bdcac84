"""A child process that is started again whenever it ends."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from starter.temporal_server import die_with_parent, stop_process

_RESTART_PAUSE_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class Child:
    """One module of ours, run as a process of its own and supervised."""

    def __init__(self, module: str, environment: Mapping[str, str], log: Path) -> None:
        """Prepare the child; nothing runs yet.

        Args:
            module: what `python -m` runs.
            environment: all of its variables.
            log: the file that its output is appended to.
        """
        self._module = module
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The number of the process that runs now, or ran last; 0 before the first start."""
        return 0 if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start a process."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self._module,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop the child
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )  # fmt: skip

    async def supervise(self, restarted: Callable[[], None]) -> None:
        """Start another process whenever one ends: it takes up what the last one left."""
        while self._process is not None:
            status = await self._process.wait()
            _log.warning(f"{self._module}_ended", status=status, restart_in=_RESTART_PAUSE_SECONDS)
            await asyncio.sleep(_RESTART_PAUSE_SECONDS)
            await self.start()
            restarted()

    async def stop(self) -> None:
        """End the process, so that it finishes what it has in hand."""
        if self._process is not None:
            await stop_process(self._process)
