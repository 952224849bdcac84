"""The answer to "may a wave leave now?": slots, or when to ask again and why."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from postroad.instants import SECOND
from postroad.quota.allocation import Candidate, Pace, allocate, fill, first_slot
from postroad.quota.scope import Obstacle, Scope
from postroad.quota.turns import Priority, Shares, Turn, in_order
from postroad.quota.window import NEVER

GRACE = 5 * SECOND
"""A turn this long overdue is passed over: whoever held it has died."""

LEAD = 100
"""A wave may be given slots this many milliseconds ahead; its way to the wire takes as long."""

SETTLING = 500
"""How long after its slot a booked message has usually been answered.

A booking has to assume the whole tolerance. Somebody who waits for its answer is told to come
back earlier, when the answer is probably known, so that no room stays empty meanwhile.
"""

ASK_AGAIN = 15 * SECOND
"""Where room depends on a message on the wire, of which nobody knows when it will be answered."""

_MOST_AHEAD = 200
"""Turns simulated at most; whoever is further back asks again a little too early."""

ScopesWith = Callable[[int], Mapping[str, Scope]]
"""Builds the scopes, booked messages being charged from their slot for a given tolerance."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The wave may leave: message to slot, and the shares that follow from it."""

    slots: Mapping[int, int]
    virtual_time: int
    finish: int
    room_left: bool
    """Whether another wave could leave at once."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again at this instant."""

    until: int
    obstacle: Obstacle | None
    ahead: int
    """How many others are served before."""


def decide(
    mine: Turn,
    others: Iterable[Turn],
    shares: Shares,
    candidates: Sequence[Candidate],
    scopes_with: ScopesWith,
    *,
    shared: Sequence[str],
    now: int,
    tolerance: int,
) -> Grant | Wait:
    """Decide for a sequence that asks.

    Args:
        mine: who asks, and for how many messages.
        others: the turns of everybody else on this channel.
        shares: how far each campaign got on this channel.
        candidates: my messages, the most urgent first; at least one.
        scopes_with: builds every scope that a candidate names.
        shared: keys of the scopes that every message on this channel falls in.
        now: the instant of asking.
        tolerance: see `postroad.quota.scope.tolerance_for`.
    """
    ahead = _ahead(mine, others, shares, now)
    pace = Pace(now, tolerance, mine.priority is Priority.INTERACTIVE)
    scopes = scopes_with(tolerance)
    _serve(ahead, [scopes[key] for key in shared], now, tolerance)
    if _first(candidates, scopes, pace)[0] <= now + LEAD:
        slots = allocate(candidates, scopes, pace, mine.messages)
        return Grant(
            slots,
            virtual_time=shares.start_of_first([mine, *ahead]),
            finish=shares.start_of(mine.campaign) + len(slots),
            room_left=_first(candidates, scopes, pace)[0] <= now + LEAD,
        )
    settling = min(tolerance, SETTLING)
    scopes = scopes_with(settling)
    _serve(ahead, [scopes[key] for key in shared], now, settling)
    pace = Pace(now, settling, pace.interactive)
    until, obstacle = _first(candidates, scopes, pace)
    if until >= NEVER:
        until = now + ASK_AGAIN
    return Wait(max(until, now + settling), obstacle, len(ahead))


def _ahead(mine: Turn, others: Iterable[Turn], shares: Shares, now: int) -> list[Turn]:
    live = [t for t in others if t.told_at + GRACE >= now and t.sequence != mine.sequence]
    order = in_order([*live, mine], shares)
    return order[: order.index(mine)][:_MOST_AHEAD]


def _serve(ahead: Iterable[Turn], shared: Sequence[Scope], now: int, tolerance: int) -> None:
    """Let those ahead take their messages first, but not before they come for them."""
    for turn in ahead:
        pace = Pace(max(now, turn.told_at), tolerance, turn.priority is Priority.INTERACTIVE)
        for _ in fill(shared, turn.messages, pace, guessed=True):
            pass


def _first(
    candidates: Sequence[Candidate], scopes: Mapping[str, Scope], pace: Pace
) -> tuple[int, Obstacle | None]:
    kinds = {candidate.scopes for candidate in candidates}
    firsts = (first_slot([scopes[key] for key in kind], pace) for kind in kinds)
    return min(firsts, key=lambda first: first[0])
