"""Scopes: what a message is charged to, and how long it has to wait there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from postroad.instants import HOUR, SECOND
from postroad.quota.keep_free import USUAL_SHARE
from postroad.quota.limits import Limit
from postroad.quota.spacing import Spacing
from postroad.quota.window import NEVER, Charge, RollingWindow

_LONG_PERIOD = HOUR
_SMALLEST_SHARED = 20
_LONGEST_TOLERANCE = 10 * SECOND
_SHORTEST_TOLERANCE = 50


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What a slot had to wait for last: a limit, or the provider's own word."""

    scope: str
    limit: Limit | None
    words: str = ""
    kept: int = 0
    """Messages of the limit that are kept for interactive mail."""
    spacing: Spacing | None = None
    """The pause after the message before, where that is what it waits for."""


class Scope:
    """A channel, a recipient domain or the organisation, with its limits and charges."""

    def __init__(
        self,
        key: str,
        name: str,
        limits: Sequence[Limit] = (),
        charges: Iterable[Charge] = (),
        *,
        not_before: int = 0,
        words: str = "",
        spacing: Spacing | None = None,
        keep_free: float = USUAL_SHARE,
    ) -> None:
        """Prepare a scope.

        Args:
            key: `channel:ana-smtp`, `domain:example.com` or `organisation`.
            name: what people call it.
            limits: all of them hold at once.
            charges: everything accepted, on the wire or booked in the longest period.
            not_before: nobody uses the scope before this instant.
            words: why: what the provider said.
            spacing: the pauses between its messages; interactive mail waits for the shortest at
                most.
            keep_free: share of its long limits that only interactive mail may use.
        """
        charges = list(charges)
        self.key = key
        self.name = name
        self._windows = [RollingWindow(limit, charges) for limit in limits]
        self._not_before = not_before
        self._words = words
        self._spacing = spacing
        self._keep_free = keep_free
        self._last = max(charges, key=_latest, default=None)

    def earliest(
        self, at: int, tolerance: int, *, interactive: bool
    ) -> tuple[int, Obstacle | None]:
        """Return the first instant from `at` on that has room for one message, and why then."""
        obstacle: Obstacle | None = None
        if at < self._not_before:
            at, obstacle = self._not_before, Obstacle(self.name, None, self._words)
        moved = True
        while moved and at < NEVER:
            moved = False
            for window in self._windows:
                later = self._earliest(window, at, tolerance, interactive=interactive)
                if later > at:
                    kept = self._kept(window.limit, at, interactive=interactive)
                    at, moved = later, True
                    obstacle = Obstacle(self.name, window.limit, kept=kept)
            if not interactive and self._spaced_from() > at:
                at, moved = self._spaced_from(), True
                obstacle = Obstacle(self.name, None, spacing=self._spacing)
        return at, obstacle

    def room(self, at: int, tolerance: int, most: int, *, interactive: bool) -> int:
        """Return how many of `most` messages may have a slot at this instant."""
        for window in self._windows:
            kept = self._out_of_reach(window.limit, at, interactive=interactive)
            most = min(most, window.room(at, tolerance, most + kept) - kept)
        return max(most, 0)

    def charge(self, charge: Charge, *, guessed: bool = False) -> None:
        """Charge more to every limit.

        Args:
            charge: when, and how much.
            guessed: whether somebody else may take it otherwise: what the pause after it will be
                is not known then, only that it will not be shorter than the shortest.
        """
        for window in self._windows:
            window.add(charge)
        if not guessed:
            self._last = charge if self._last is None else max(charge, self._last, key=_latest)

    def _earliest(
        self, window: RollingWindow, at: int, tolerance: int, *, interactive: bool
    ) -> int:
        """Return the first instant from `at` on that has room; it appears where limits grow."""
        while True:
            kept = self._out_of_reach(window.limit, at, interactive=interactive)
            later = window.earliest(at, tolerance, kept)
            grows = window.limit.grows_at(at)
            if grows is None or later <= grows:
                return later
            at = grows

    def _out_of_reach(self, limit: Limit, at: int, *, interactive: bool) -> int:
        """Return how much of a limit's height a message may not use at an instant."""
        growing = limit.messages - limit.messages_at(at)
        return growing + self._kept(limit, at, interactive=interactive)

    def _kept(self, limit: Limit, at: int, *, interactive: bool) -> int:
        return 0 if interactive else kept_share(limit, at, self._keep_free)

    def _spaced_from(self) -> int:
        """Return from when on the pause after the last message is over."""
        if self._spacing is None or self._last is None:
            return 0
        pause = self._spacing.pause_after(self.key, self._last.earliest)
        return min(self._last.latest + pause, NEVER)

    def forget_before(self, at: int) -> None:
        """Drop what no slot from this instant on can meet."""
        for window in self._windows:
            window.forget_before(at)


def _latest(charge: Charge) -> int:
    return charge.latest


def tolerance_for(limits: Iterable[Limit]) -> int:
    """Return how long after its slot a message may leave, in milliseconds.

    A tenth of the shortest period: long enough for a busy worker, short enough to cost little.
    """
    shortest = min((limit.per_ms for limit in limits), default=10 * _LONGEST_TOLERANCE)
    return min(max(shortest // 10, _SHORTEST_TOLERANCE), _LONGEST_TOLERANCE)


def kept_share(limit: Limit, at: int, keep_free: float) -> int:
    """Return how many messages of a limit are kept for interactive mail at an instant.

    Short periods keep nothing: there, going first is enough.
    """
    short = limit.per_ms < _LONG_PERIOD or limit.messages_at(at) < _SMALLEST_SHARED
    if short or limit.is_pause:
        return 0
    return ceil(round(limit.messages_at(at) * keep_free, 6))
