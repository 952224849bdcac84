"""Recording visits to tracked mails beside the answers, so that nobody waits for the ledger.

Visits that arrive together are written together, by one writer at a time. What the ledger does
not take is dropped with a line in the log, never written twice.
"""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from console.installation import Installation
from operations.clock import now
from postroad.ledger.visits import judge_visits, note_visits
from postroad.tracking.visit import Visit

_MOST_WAITING = 5_000
_JUDGE_EVERY_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class VisitRecorder:
    """Writes one console's visits, and judges them a moment later."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._waiting: list[Visit] = []
        self._writing: asyncio.Task[None] | None = None
        self._judging: asyncio.Task[None] | None = None
        self._unjudged = False

    def note(self, visit: Visit) -> asyncio.Task[None]:
        """Record a visit; the task ends when it is in the ledger, or was dropped."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(visit)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return self._writing

    def judge(self) -> None:
        """Judge what was noted, once it is old enough; also what an earlier console left."""
        self._unjudged = True
        if self._judging is None or self._judging.done():
            self._judging = asyncio.create_task(self._judge())

    async def aclose(self) -> None:
        """Write what waits; what is not judged yet is judged by the next console."""
        if self._writing is not None:
            await self._writing
        if self._judging is not None:
            self._judging.cancel()

    async def _write(self) -> None:
        while self._waiting:
            visits, self._waiting = self._waiting, []
            try:
                await self._installation.write(note_visits, visits)
            except SQLAlchemyError as error:
                _log.warning("visits_dropped", visits=len(visits), error=type(error).__name__)
            else:
                self.judge()

    async def _judge(self) -> None:
        try:
            while self._unjudged:
                self._unjudged = False
                if await self._installation.write(judge_visits, now()):
                    self._unjudged = True
                    await asyncio.sleep(_JUDGE_EVERY_SECONDS)
        except SQLAlchemyError as error:
            _log.warning("visits_not_judged", error=type(error).__name__)
