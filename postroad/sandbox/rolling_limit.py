"""A provider's limit, counted as providers count."""

import math
from collections import deque
from datetime import timedelta

from postroad.sandbox.config import ProviderLimit


class RollingLimit:
    """Counts what was accepted in the last period, at the moment of acceptance."""

    def __init__(self, limit: ProviderLimit) -> None:
        self._limit = limit
        self._accepted: deque[float] = deque()

    @property
    def per(self) -> timedelta:
        """The period that it counts in."""
        return self._limit.per

    def wait(self, now: float) -> int:
        """Return in how many seconds one more is accepted; 0 is now."""
        period = self._limit.per.total_seconds()
        while self._accepted and self._accepted[0] <= now - period:
            self._accepted.popleft()
        if len(self._accepted) < self._limit.messages:
            return 0
        return max(1, math.ceil(self._accepted[0] + period - now))

    def refusal(self, now: float) -> str | None:
        """Return what is answered now, where the limit is reached."""
        seconds = self.wait(now)
        return self._limit.reply.replace("{seconds}", str(seconds)) if seconds else None

    def count(self, now: float) -> None:
        """Count one more."""
        self._accepted.append(now)
