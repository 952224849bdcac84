"""When a mailbox is to be read: at growing delays after sending, and not more often than helps."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

_SHARE_OF_LONGEST = 144
"""Of three days, half an hour: readings that are closer than that do one another's work."""
_SHARE_OF_DELAY = 4
"""A reading that is wanted after a day may come a quarter of a day earlier or later."""


class ReadingTimes:
    """The instants at which one mailbox is still to be read.

    Each send asks for a ladder of readings. Those that another reading is close enough to are
    left out: a mailbox that sends all day is read about once an hour, whatever it sends. What was
    planned stays planned, so that no later send takes away an earlier one's last reading.
    """

    def __init__(self, checks: Iterable[datetime] = (), read_at: datetime | None = None) -> None:
        self.checks = sorted(checks)
        self.read_at = read_at

    @property
    def next(self) -> datetime | None:
        """When to read next; None when nothing is outstanding."""
        return self.checks[0] if self.checks else None

    def sent(self, at: datetime, read_after: Sequence[timedelta]) -> None:
        """Plan the readings that mail which was just sent asks for."""
        planned = [*self.checks, *([self.read_at] if self.read_at else [])]
        apart = max(read_after) / _SHARE_OF_LONGEST
        wanted = [
            at + delay
            for delay in read_after
            if not _is_near(at + delay, planned, max(apart, delay / _SHARE_OF_DELAY))
        ]
        self.checks = sorted({*self.checks, *wanted})

    def at_once(self, now: datetime) -> None:
        """Have the mailbox read now, besides what is planned."""
        self.checks = sorted({*self.checks, now})

    def read(self, at: datetime) -> None:
        """Note that the mailbox was read: what was due is done."""
        self.read_at = at
        self.checks = [check for check in self.checks if check > at]

    def put_off(self, until: datetime) -> None:
        """Read nothing before an instant."""
        self.checks = sorted({max(check, until) for check in self.checks})


def _is_near(wanted: datetime, planned: Iterable[datetime], tolerance: timedelta) -> bool:
    return any(abs(wanted - other) <= tolerance for other in planned)
