"""Slots for the messages of one wave, over all the scopes they fall in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from postroad.instants import SECOND
from postroad.quota.limits import Limit
from postroad.quota.scope import Obstacle, Scope
from postroad.quota.window import NEVER, Charge

WAVE_SPAN = 20 * SECOND
"""The slots of one wave are at most this far apart."""

_BOOKED_AHEAD = 10 * SECOND
_SMALL_WAVE = 250
_MESSAGES_PER_CONNECTION = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that would like to leave."""

    message: int
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How slots are given."""

    now: int
    tolerance: int
    interactive: bool = False


def most_in_wave(connections: int) -> int:
    """Return how many messages a wave may have: the more connections carry it, the more.

    No connection is taken for long from mail that is more urgent, and booking a wave costs
    little beside sending it.
    """
    return max(_SMALL_WAVE, _MESSAGES_PER_CONNECTION * connections)


def wave_size(at_most: int, limits: Iterable[Limit]) -> int:
    """Return how many messages a wave should have: parts of a limit that leave no small rest.

    A limit on a short period lets several periods' worth be booked, so that two messages a second
    do not become two messages a wave; not more, since urgent mail would have to wait for them.
    """
    narrowest = min((_soon(limit) for limit in limits), default=at_most)
    return ceil(narrowest / ceil(narrowest / at_most))


def _soon(limit: Limit) -> int:
    return limit.messages * max(1, _BOOKED_AHEAD // limit.per_ms)


def first_slot(scopes: Sequence[Scope], pace: Pace) -> tuple[int, Obstacle | None]:
    """Return the first instant that has room in every scope, and what it had to wait for."""
    at, obstacle, settled = pace.now, None, False
    while not settled and at < NEVER:
        settled = True
        for scope in scopes:
            later, why = scope.earliest(at, pace.tolerance, interactive=pace.interactive)
            if later > at:
                at, obstacle, settled = later, why, False
    return at, obstacle


def fill(
    scopes: Sequence[Scope],
    wanted: int,
    pace: Pace,
    *,
    until: int = NEVER - 1,
    guessed: bool = False,
) -> Iterator[tuple[int, int]]:
    """Charge messages at their first slots; yield (slot, messages) until all have one.

    See `Scope.charge` for what `guessed` means.
    """
    at = pace.now
    while wanted > 0:
        here = Pace(at, pace.tolerance, pace.interactive)
        at, _ = first_slot(scopes, here)
        if at > until:
            return
        count = wanted
        for scope in scopes:
            count = scope.room(at, pace.tolerance, count, interactive=pace.interactive)
        for scope in scopes:
            scope.charge(Charge(at, at + pace.tolerance, count), guessed=guessed)
        wanted -= count
        yield at, count


def allocate(
    candidates: Sequence[Candidate],
    scopes: Mapping[str, Scope],
    pace: Pace,
    at_most: int,
) -> dict[int, int]:
    """Give slots to candidates in their order; return message to slot.

    A candidate whose own scopes are full is passed over, so that others take the room. All
    slots lie within one span of the first.
    """
    kinds = {candidate.scopes for candidate in candidates}
    starts = {kind: first_slot([scopes[key] for key in kind], pace)[0] for kind in kinds}
    until = min(starts.values(), default=pace.now) + WAVE_SPAN
    slots: dict[int, int] = {}
    for kind, run in groupby(candidates, key=lambda candidate: candidate.scopes):
        waiting = [candidate.message for candidate in run][: at_most - len(slots)]
        if starts[kind] > until:
            continue
        for at, count in fill([scopes[key] for key in kind], len(waiting), pace, until=until):
            slots.update(dict.fromkeys(waiting[:count], at))
            waiting = waiting[count:]
    return slots
