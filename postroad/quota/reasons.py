"""Why something waits, in words."""

from postroad.durations import format_duration
from postroad.instants import DAY, moment
from postroad.quota.decision import Wait
from postroad.quota.limits import Limit


def time_of_day(at: int, now: int) -> str:
    """Return `14:03:20 UTC`, or with the date where it is not today."""
    same_day = at // DAY == now // DAY
    return moment(at).strftime("%H:%M:%S UTC" if same_day else "%a %d %b %H:%M:%S UTC")


def because(wait: Wait, now: int) -> str:
    """Return `next 14:03:20 UTC, because ana-smtp has sent 25 of 25 in 45s`."""
    reason = f"next {time_of_day(wait.until, now)}"
    obstacle = wait.obstacle
    if obstacle is None:
        return reason
    if obstacle.spacing is not None:
        return f"{reason}, because {obstacle.scope} keeps its messages {obstacle.spacing}"
    if obstacle.limit is None:
        return f"{reason}, because {obstacle.scope} said: {obstacle.words}"
    limit = obstacle.limit
    if wait.ahead:
        others = "1 other" if wait.ahead == 1 else f"{wait.ahead} others"
        return f"{reason}, after {others} on {obstacle.scope} ({limit})"
    allowed = limit.messages_at(now)
    used = f"{allowed - obstacle.kept:,} of {allowed:,}"
    kept = f" ({obstacle.kept} are kept for single mails)" if obstacle.kept else ""
    return (
        f"{reason}, because {obstacle.scope} has sent {used} in {format_duration(limit.per)}"
        f"{kept}{_growing(limit, now)}"
    )


def _growing(limit: Limit, now: int) -> str:
    grows = limit.grows_at(now)
    if grows is None:
        return ""
    return f" (warm-up: {limit.messages_at(grows):,} from {time_of_day(grows, now)} on)"
