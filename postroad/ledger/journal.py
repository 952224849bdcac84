"""The journal: commits what concurrent sends did and want to do next, grouped.

Each connection settles its last message and claims its next one in a single durable commit, so
that a killed worker leaves at most one message in doubt per connection. While one commit runs,
what the other connections bring gathers into the next: the busier, the larger the groups.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from postroad.ledger.claims import Claim, Granted, Taken, Verdict, mark_sending, why_not
from postroad.ledger.engine import Ledger
from postroad.ledger.settlement import Outcome, Sent, Unsent, settle_sent, settle_unsent

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
        self._waiting: list[_Entry] = []
        self._writing: asyncio.Task[None] | None = None

    def record(
        self, outcomes: Sequence[Outcome], next_claim: Claim | None
    ) -> asyncio.Future[Verdict]:
        """Commit outcomes and a claim together; return what will hold the verdict on the claim.

        It is known once the commit is durable. While the database is away it waits: what a
        provider has already accepted must not be forgotten.
        """
        entry = _Entry(outcomes, next_claim)
        self._waiting.append(entry)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return entry.done

    async def aclose(self) -> None:
        """Wait until everything recorded is committed."""
        if self._writing is not None:
            await self._writing
        await self._writer.aclose()

    async def _write(self) -> None:
        try:
            while self._waiting:
                entries, self._waiting = self._waiting, []
                await self._commit_until_done(entries)
        finally:
            self._writing = None

    async def _commit_until_done(self, entries: list[_Entry]) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                verdicts = await self._commit(entries)
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

    async def _commit(self, entries: list[_Entry]) -> dict[int, Verdict]:
        outcomes = [outcome for entry in entries for outcome in entry.outcomes]
        claims = [entry.claim for entry in entries if entry.claim is not None]
        sent = [outcome for outcome in outcomes if isinstance(outcome, Sent)]
        unsent = [outcome for outcome in outcomes if not isinstance(outcome, Sent)]
        if unsent:
            await asyncio.to_thread(self._settle_unsent, unsent)
        granted = await self._writer.commit([*settle_sent(sent), mark_sending(claims)])
        verdicts: dict[int, Verdict] = dict.fromkeys(granted, Granted())
        refused = [wanted for wanted in claims if wanted.message not in verdicts]
        if refused:
            verdicts |= await asyncio.to_thread(self._why_not, refused)
        return verdicts

    def _settle_unsent(self, outcomes: Sequence[Unsent]) -> None:
        with self._ledger.write() as connection:
            settle_unsent(connection, outcomes)

    def _why_not(self, refused: Sequence[Claim]) -> dict[int, Verdict]:
        with self._ledger.read() as connection:
            return {wanted.message: why_not(connection, wanted) for wanted in refused}


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
