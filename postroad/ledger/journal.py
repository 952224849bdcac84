"""The journal: commits what concurrent sends did and want to do next, grouped.

Each connection settles its last message and claims its next one in a single durable commit, so
that a killed worker leaves at most one message in doubt per connection. While one commit runs,
what the other connections bring gathers into the next: the busier, the larger the groups.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from postroad.ledger.claims import Claim, Granted, Taken, Verdict, mark_sending, why_not
from postroad.ledger.engine import Ledger
from postroad.ledger.settlement import Outcome, Sent, settle_sent, settle_unsent

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Entry:
    outcomes: Sequence[Outcome]
    claim: Claim | None
    done: asyncio.Future[Verdict] = field(default_factory=asyncio.Future)


class Journal:
    """Group commits of one worker process; lives in one event loop."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._writer = ledger.writer()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._waiting: list[_Entry] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, outcomes: Sequence[Outcome], next_claim: Claim | None) -> Verdict:
        """Commit outcomes and a claim together; return the verdict on the claim.

        Returns after the commit is durable. While the database is away it waits: what a
        provider has already accepted must not be forgotten.
        """
        entry = _Entry(outcomes, next_claim)
        self._waiting.append(entry)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await entry.done

    async def aclose(self) -> None:
        """Wait until everything recorded is committed."""
        if self._writing is not None:
            await self._writing
        self._thread.submit(self._writer.close)
        self._thread.shutdown()

    async def _write(self) -> None:
        try:
            while self._waiting:
                entries, self._waiting = self._waiting, []
                await self._commit_until_done(entries)
        finally:
            self._writing = None

    async def _commit_until_done(self, entries: list[_Entry]) -> None:
        pause = _FIRST_PAUSE_SECONDS
        loop = asyncio.get_running_loop()
        while True:
            try:
                verdicts = await loop.run_in_executor(self._thread, self._commit, entries)
            except (InterfaceError, OperationalError) as error:
                if not self._ledger.is_away(error):
                    _fail(entries, error)
                    return
                _log.warning("ledger_unavailable", error=type(error.orig).__name__, retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - every waiting send must hear of it
                _fail(entries, error)
                return
            else:
                for entry in entries:
                    _resolve(entry, verdicts.get(entry.claim.message) if entry.claim else None)
                return

    def _commit(self, entries: list[_Entry]) -> dict[int, Verdict]:
        outcomes = [outcome for entry in entries for outcome in entry.outcomes]
        claims = [entry.claim for entry in entries if entry.claim is not None]
        unsent = [outcome for outcome in outcomes if not isinstance(outcome, Sent)]
        if unsent:
            with self._ledger.write() as connection:
                settle_unsent(connection, unsent)
        with self._writer.transaction() as wire:
            settle_sent(wire, [outcome for outcome in outcomes if isinstance(outcome, Sent)])
            granted = mark_sending(wire, claims)
        return self._verdicts(claims, set(granted()))

    def _verdicts(self, claims: list[Claim], free: set[int]) -> dict[int, Verdict]:
        verdicts: dict[int, Verdict] = dict.fromkeys(free, Granted())
        refused = [wanted for wanted in claims if wanted.message not in free]
        if refused:
            with self._ledger.read() as connection:
                verdicts |= {wanted.message: why_not(connection, wanted) for wanted in refused}
        return verdicts


def _fail(entries: list[_Entry], error: Exception) -> None:
    for entry in entries:
        _resolve(entry, error)


def _resolve(entry: _Entry, answer: Verdict | Exception | None) -> None:
    if entry.done.done():  # the send was cancelled while it waited
        return
    if isinstance(answer, Exception):
        entry.done.set_exception(answer)
    else:
        entry.done.set_result(answer or Taken())
