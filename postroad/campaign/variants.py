"""Variants of a step's text: who gets which, and when one of them may be called the better."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b
from itertools import combinations
from math import comb
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from postroad.durations import Duration


class Measure(StrEnum):
    """What tells the better variant."""

    REPLIED = "replied"
    CLICKED = "clicked"
    OPENED = "opened"


class WinnerRule(BaseModel):
    """When one variant is sent to everybody else.

    It is looked at once, on a number of mails fixed beforehand: whoever looks again and again
    until a difference shows finds one by chance sooner or later.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Measure = Measure.REPLIED
    sample: Annotated[int, Field(ge=20, le=10_000)] = 200
    """Mails of each variant that are looked at: the first so many."""
    after: Duration = timedelta(days=3)
    """How long the last of these people have to answer."""
    confidence: Annotated[float, Field(ge=0.8, le=0.999)] = 0.95
    """How sure it must be that the difference is no chance."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One text of several that a step may send."""

    id: str
    weight: int
    """Its part of the people, in relation to the others'."""
    version: int
    """The version of the step's text that it sends from now on."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one variant's sample."""

    id: str
    sent: int
    reached: int
    """People who did what the rule measures."""


def variant_of(variants: Sequence[Variant], step: str, person_key: str) -> Variant:
    """Return who gets what: as good as chance, and the same whenever it is asked."""
    digest = blake2b(f"{step}/{person_key}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest) % sum(variant.weight for variant in variants)
    for variant in variants:
        place -= variant.weight
        if place < 0:
            return variant
    raise AssertionError("the weights do not add up")


def winner_of(tried: Sequence[Tried], confidence: float) -> str | None:
    """Return the variant that is better than every other; None where that may be chance.

    Each pair is compared by Fisher's exact test (two-sided), which holds for small numbers too.
    With several variants there are several pairs that may differ by chance, so the threshold is
    divided by their number (Bonferroni).
    """
    best = max(tried, key=lambda one: one.reached / one.sent if one.sent else 0.0)
    threshold = (1 - confidence) / len(list(combinations(tried, 2)))
    others = [one for one in tried if one is not best]
    return best.id if all(chance(best, other) < threshold for other in others) else None


def chance(one: Tried, other: Tried) -> float:
    """Return how likely so large a difference is where there is none: Fisher's exact test."""
    everybody, reached = one.sent + other.sent, one.reached + other.reached

    def ways(of_one: int) -> int:
        return comb(one.sent, of_one) * comb(other.sent, reached - of_one)

    seen = ways(one.reached)
    possible = range(max(0, reached - other.sent), min(one.sent, reached) + 1)
    as_extreme = sum(number for number in map(ways, possible) if number <= seen)
    return as_extreme / comb(everybody, reached)
