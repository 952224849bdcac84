"""How many messages limits let through within a while: an estimate that costs next to nothing."""

from collections.abc import Iterable

from postroad.quota.limits import Limit
from postroad.quota.scope import kept_share


def room_within(
    span: int,
    limits: Iterable[Limit],
    charged: Iterable[tuple[int, int]],
    now: int,
    *,
    keep_free: float,
) -> int | None:
    """Return how many messages may leave in the next while; None where no limit binds.

    Args:
        span: the while, in milliseconds.
        limits: all of them hold at once.
        charged: (when, messages) of what counts against them.
        now: the present instant.
        keep_free: share of long limits that they may not use.
    """
    charged = list(charged)
    end = now + span
    rooms = [
        (limit.messages_at(now) - kept_share(limit, now, keep_free)) * max(span // limit.per_ms, 1)
        - sum(messages for at, messages in charged if at > end - limit.per_ms)
        for limit in limits
    ]
    return max(min(rooms), 0) if rooms else None
