"""A naive oracle for limits: recount every window, one instant at a time."""

from collections.abc import Sequence

from postroad.quota.limits import Limit


def fullest(at: Sequence[int], limit: Limit) -> int:
    """Return the most messages that any period of the limit's length holds."""
    return max((sum(1 for b in at if a - limit.per_ms < b <= a) for a in at), default=0)


def would_hold(at: Sequence[int], limits: Sequence[Limit], slot: int) -> bool:
    """Whether one more message at this instant keeps every limit."""
    return all(fullest([*at, slot], limit) <= limit.messages for limit in limits)


def first_fit(at: Sequence[int], limits: Sequence[Limit], now: int) -> int:
    """Return the first instant from now on at which one more message keeps every limit.

    Room only ever appears when an earlier message leaves a window, one period after it.
    """
    instants = {now} | {t + limit.per_ms for t in at for limit in limits}
    return min(t for t in instants if t >= now and would_hold(at, limits, t))
