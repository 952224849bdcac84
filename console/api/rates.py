"""How many requests a token may make."""

import time
from collections.abc import Callable
from dataclasses import dataclass

_MINUTE = 60.0


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """Counts each token's requests in this process: a bucket that fills up within a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets.

        Args:
            clock: seconds that only grow.
        """
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}

    def take(self, token: int, per_minute: int) -> float:
        """Count a request; return the seconds to wait where it is one too many, else 0."""
        now = self._clock()
        bucket = self._buckets.setdefault(token, _Bucket(per_minute, now))
        refilled = bucket.left + (now - bucket.at) * per_minute / _MINUTE
        bucket.left, bucket.at = min(per_minute, refilled), now
        if bucket.left < 1:
            return (1 - bucket.left) * _MINUTE / per_minute
        bucket.left -= 1
        return 0
