"""The Temporal server's clock, as activities see it: the only clock that decides about sending.

Workers may disagree about the time; their server does not. An activity's start carries the
server's time, later by the delivery of the task, so the largest recent offset is the truest.
"""

import time
from dataclasses import dataclass

from temporalio import activity

from postroad.instants import MINUTE, SECOND, instant

_KEEP_SAMPLE_MS = MINUTE
_OTHER_CLOCK_MS = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Clock:
    """The server's time for the length of one activity."""

    offset: float

    def now(self) -> int:
        """Return the server's time as an instant."""
        return int(_monotonic_ms() + self.offset)


class ServerClock:
    """Derives the server's time from the starts of activities."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._sampled_at = -_KEEP_SAMPLE_MS

    def now(self) -> int:
        """Return the server's time as last learnt, outside any activity."""
        return int(_monotonic_ms() + self._offset)

    def read(self, info: activity.Info) -> Clock:
        """Return the clock for an activity that has just started."""
        here = _monotonic_ms()
        sample = instant(info.started_time) - here
        stale = here - self._sampled_at >= _KEEP_SAMPLE_MS
        # Under time skipping every workflow has a clock of its own: a jump is another clock.
        if stale or sample > self._offset or self._offset - sample > _OTHER_CLOCK_MS:
            self._offset, self._sampled_at = sample, int(here)
        return Clock(self._offset)


def _monotonic_ms() -> float:
    return time.monotonic() * 1_000
