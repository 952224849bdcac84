"""This machine's clock: for what people read and when they acted, never for when mail leaves."""

from datetime import UTC, datetime

from postroad.instants import instant
from postroad.quota.reasons import time_of_day


def now() -> int:
    """Return the present instant."""
    return instant(datetime.now(UTC))


def say_time(moment: datetime | None) -> str:
    """Return a moment as it is said everywhere, in UTC; nothing for None."""
    return "" if moment is None else time_of_day(instant(moment), now())
