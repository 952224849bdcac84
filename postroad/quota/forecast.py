"""Forecasts: when a campaign's messages would leave, and which limit decides it.

The campaign is played through in bulk: all messages that share a slot move together, so that a
million messages cost as many steps as there are slots, not as there are messages.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter
from typing import Protocol

from postroad.quota.allocation import Pace, first_slot
from postroad.quota.scope import Obstacle, Scope
from postroad.quota.turns import Priority
from postroad.quota.window import NEVER, Charge

_NOT_FULL: tuple[int, Obstacle | None] = (0, None)


class Timetable(Protocol):
    """When a group's steps are due, as far as the campaign says."""

    def due_at(self, position: int, previous: int) -> int | None:
        """Return when a step falls due after the one before; None after the last."""
        ...

    def next_opening(self, position: int, at: int) -> int | None:
        """Return the first instant from `at` on at which this step may leave; None: too late."""
        ...


@dataclass(frozen=True, slots=True)
class Group:
    """People whose messages fall due together and are charged to the same scopes."""

    people: int
    channels: Sequence[str]
    """The channel of each step."""
    scopes: Sequence[tuple[str, ...]]
    """The scopes of each step's messages."""
    timetable: Timetable
    interactive: bool = False


@dataclass(slots=True)
class ChannelForecast:
    """One channel's part of a forecast."""

    messages: int = 0
    first_at: int = NEVER
    last_at: int = 0
    too_late: int = 0
    """Messages that could leave only after their last day; nothing follows on them."""
    waits: Counter[str] = field(default_factory=Counter[str])
    """How long messages wait for each limit, in message-milliseconds."""

    @property
    def binding_limit(self) -> str | None:
        """The limit that messages wait for most; None where only the campaign's own waits count."""
        return max(self.waits, key=lambda limit: self.waits[limit], default=None)


def forecast(
    groups: Iterable[Group], scopes: Mapping[str, Scope], now: int
) -> dict[str, ChannelForecast]:
    """Play a campaign through; return what each channel will have sent, and when.

    Args:
        groups: everybody who would be enrolled.
        scopes: every scope that a group names, with what is charged already; they are charged
            further.
        now: when the campaign would be launched.
    """
    channels: dict[str, ChannelForecast] = {}
    openings = _Openings()
    order = count()
    waiting: list[tuple[int, Priority, int, int, int, Group]] = []

    def wait(due: int | None, people: int, position: int, group: Group) -> None:
        if due is not None and people:
            priority = Priority.FOLLOW_UP if position else Priority.FIRST_TOUCH
            heapq.heappush(waiting, (due, priority, next(order), people, position, group))

    for group in groups:
        wait(group.timetable.due_at(0, now), group.people, 0, group)
    while waiting:
        due, _, _, people, position, group = heapq.heappop(waiting)
        held = [scopes[key] for key in group.scopes[position]]
        at, obstacle = openings.first(held, Pace(due, 0, group.interactive))
        opening = group.timetable.next_opening(position, at)
        channel = channels.setdefault(group.channels[position], ChannelForecast())
        if opening is None:
            channel.too_late += people
            continue
        if max(at, opening) > due:
            _note_wait(channel, obstacle, (at - due) * people)
            # Others may be due before then: let them go first.
            wait(max(at, opening), people, position, group)
            continue
        leaving = people
        for scope in held:
            leaving = scope.room(at, 0, leaving, interactive=group.interactive)
        for scope in held:
            scope.charge(Charge(at, at, leaving))
        channel.messages += leaving
        channel.first_at = min(channel.first_at, at)
        channel.last_at = max(channel.last_at, at)
        wait(at, people - leaving, position, group)
        wait(group.timetable.due_at(position + 1, at), leaving, position + 1, group)
    return channels


class _Openings:
    """Remembers until when scopes are full: messages that leave meanwhile take room, none give it.

    So that many groups may wait for the same scope without asking it over and over.
    """

    def __init__(self) -> None:
        self._full: dict[tuple[str, bool], tuple[int, Obstacle | None]] = {}

    def first(self, held: Sequence[Scope], pace: Pace) -> tuple[int, Obstacle | None]:
        """Return an instant before which there is no room, and why; `pace.now` where there is."""
        known = [self._full.get((scope.key, pace.interactive), _NOT_FULL) for scope in held]
        at, obstacle = max(known, key=itemgetter(0), default=_NOT_FULL)
        if at > pace.now:
            return at, obstacle
        for scope in held:
            scope.forget_before(pace.now)
        at, obstacle = first_slot(held, pace)
        if at > pace.now:
            for scope in held:
                until = scope.earliest(pace.now, pace.tolerance, interactive=pace.interactive)
                self._full[scope.key, pace.interactive] = until
        return at, obstacle


def _note_wait(channel: ChannelForecast, obstacle: Obstacle | None, wait: int) -> None:
    if obstacle is not None:
        limit = str(obstacle.limit or obstacle.spacing or obstacle.words)
        channel.waits[f"{obstacle.scope}: {limit}"] += wait
