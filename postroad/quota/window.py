"""Rolling windows: never more than N messages in any period of length P.

A charge is known only as an interval: a message was, or will be, accepted somewhere between
`earliest` and `latest`. A window (x, x + P] may hold every charge with earliest <= x + P and
latest > x, so the limit is safe if for every x their number is at most N. That number changes
only at earliest - P (up) and at latest (down), which is what the sweep walks along.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

from postroad.quota.limits import Limit

NEVER = 2**62
"""Later than every instant: the `latest` of a message that is still on the wire."""


@dataclass(frozen=True, slots=True)
class Charge:
    """Units that count against a limit from `earliest` to `latest`."""

    earliest: int
    latest: int
    units: int = 1


class RollingWindow:
    """One limit and everything that was charged to it."""

    def __init__(self, limit: Limit, charges: Iterable[Charge]) -> None:
        self.limit = limit
        self._forgotten = 0
        self._changes: list[tuple[int, int]] = []
        for charge in charges:
            self._changes += self._steps(charge)
        self._changes.sort()

    def add(self, charge: Charge) -> None:
        """Charge more."""
        for step in self._steps(charge):
            insort(self._changes, step)

    def forget_before(self, at: int) -> None:
        """Drop what no slot from this instant on can meet; no earlier one is asked for again."""
        past = bisect_right(self._changes, (at - self.limit.per_ms, 0))
        self._forgotten += sum(change for _, change in self._changes[:past])
        del self._changes[:past]

    def room(self, at: int, tolerance: int, most: int) -> int:
        """Return how many of `most` messages may have a slot at this instant."""
        count, highest = self._forgotten, 0
        left = at - self.limit.per_ms
        for when, change in self._changes:
            if when > left:
                highest = max(highest, count)
                if when >= at + tolerance:
                    break
            count += change
        else:
            highest = max(highest, count)
        return max(0, min(most, self.limit.messages - highest))

    def earliest(self, at: int, tolerance: int, kept: int = 0) -> int:
        """Return the first instant from `at` on that has room for one message.

        Args:
            at: not before this.
            tolerance: how long after its slot the message may still leave.
            kept: units of the limit that this message may not use.
        """
        most = self.limit.messages - kept - 1
        count = self._forgotten
        full_since = -NEVER if count > most else None
        for when, change in self._changes:
            before, count = count, count + change
            if before <= most < count:
                full_since = when
            elif count <= most < before and full_since is not None:
                if full_since < at + tolerance and when > at - self.limit.per_ms:
                    at = min(when + self.limit.per_ms, NEVER)
                full_since = None
        if full_since is not None and full_since < at + tolerance:
            return NEVER
        return at

    def _steps(self, charge: Charge) -> tuple[tuple[int, int], tuple[int, int]]:
        return (
            (charge.earliest - self.limit.per_ms, charge.units),
            (charge.latest, -charge.units),
        )
