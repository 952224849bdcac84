"""The Temporal server's clock, as activities see it: the only clock that decides about sending.

Workers may disagree about the time; their server does not. An activity's start carries the
server's time, but reaches the worker a little later, so each start says "the server is at least
this far ahead of me". The best of the last minute is the truest; until there is one, a worker
trusts its own clock unless the server's is far away.
"""

import time
from dataclasses import dataclass

from temporalio import activity

from postroad.instants import MINUTE, SECOND, instant

_FAR_AWAY_MS = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Clock:
    """The server's time for the length of one activity."""

    offset: float

    def now(self) -> int:
        """Return the server's time as an instant."""
        return int(_own_ms() + self.offset)


class ServerClock:
    """Derives the server's time from the starts of activities."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._best = -float("inf")
        self._best_since = time.monotonic()

    def now(self) -> int:
        """Return the server's time as last learnt, outside any activity."""
        return int(_own_ms() + self._offset)

    def read(self, info: activity.Info) -> Clock:
        """Return the clock for an activity that has just started."""
        ahead = instant(info.started_time) - _own_ms()
        self._best = max(self._best, ahead)
        if ahead > self._offset or self._offset - ahead > _FAR_AWAY_MS:
            # The second case is a wrong clock, or another workflow's under time skipping.
            self._offset = ahead
        if time.monotonic() - self._best_since > MINUTE / SECOND:
            self._offset, self._best = self._best, ahead
            self._best_since = time.monotonic()
        return Clock(self._offset)


def _own_ms() -> float:
    return time.time() * SECOND
