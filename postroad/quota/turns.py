"""Turns: who waits for a channel, and in which order they are served.

Interactive mail goes before follow-ups, follow-ups before first touches. Among equals, campaigns
share by start-time fair queueing (Goyal, Vin and Cheng, 1996): each campaign carries a finish
tag, in messages; its next wave starts at max(virtual time, finish tag), and the smallest start
goes first. How many sequences a campaign has does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum


class Priority(IntEnum):
    """Smaller goes first."""

    INTERACTIVE = 0
    FOLLOW_UP = 1
    FIRST_TOUCH = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """A sequence that waits, or asks, for one channel."""

    sequence: int
    campaign: str
    priority: Priority
    messages: int
    """How many messages its wave would have."""
    asked_at: int
    told_at: int
    """When it will ask again."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How far each campaign got on a channel."""

    virtual_time: int
    finish: Mapping[str, int]

    def start_of(self, campaign: str) -> int:
        """Return the start tag of a campaign's next wave."""
        return max(self.virtual_time, self.finish.get(campaign, 0))

    def start_of_first(self, turns: Iterable[Turn]) -> int:
        """Return the smallest start tag: virtual time never passes somebody who waits."""
        return min(self.start_of(turn.campaign) for turn in turns)


def in_order(turns: Iterable[Turn], shares: Shares) -> list[Turn]:
    """Return the turns in the order in which they are to be served."""
    starts = dict[str, int]()
    tagged: list[tuple[int, int, int, int, Turn]] = []
    for turn in sorted(turns, key=lambda t: (t.priority, t.asked_at, t.sequence)):
        start = starts.get(turn.campaign, shares.start_of(turn.campaign))
        starts[turn.campaign] = start + turn.messages
        tagged.append((turn.priority, start, turn.asked_at, turn.sequence, turn))
    return [turn for *_, turn in sorted(tagged, key=lambda tag: tag[:4])]
