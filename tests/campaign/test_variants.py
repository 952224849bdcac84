"""Variants: who gets which, and when one of them is the better."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.campaign.variants import Tried, Variant, chance, variant_of, winner_of

_THREE = [Variant("a", 1, 1), Variant("b", 1, 2), Variant("c", 2, 3)]


def test_people_are_spread_by_weight_and_differently_in_each_step() -> None:
    keys = [f"{n:016x}" for n in range(20_000)]
    got = Counter(variant_of(_THREE, "intro", key).id for key in keys)
    assert got["a"] == pytest.approx(5_000, abs=300)
    assert got["b"] == pytest.approx(5_000, abs=300)
    assert got["c"] == pytest.approx(10_000, abs=300)
    again = [variant_of(_THREE, "nudge", key).id for key in keys]
    same = sum(
        variant_of(_THREE, "intro", key).id == then for key, then in zip(keys, again, strict=True)
    )
    assert same == pytest.approx(20_000 * 6 / 16, abs=400)


@given(st.text(min_size=1), st.text())
def test_a_person_always_gets_the_same_variant(step: str, key: str) -> None:
    assert variant_of(_THREE, step, key) == variant_of(list(_THREE), step, key)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Fisher's own tea-tasting table, and a common textbook example.
        (Tried("a", 4, 3), Tried("b", 4, 1), 0.4857),
        (Tried("a", 12, 1), Tried("b", 12, 9), 0.0028),
        (Tried("a", 100, 0), Tried("b", 100, 0), 1.0),
    ],
)
def test_the_exact_test_gives_known_values(one: Tried, other: Tried, expected: float) -> None:
    assert chance(one, other) == pytest.approx(expected, abs=0.0001)
    assert chance(other, one) == pytest.approx(expected, abs=0.0001)


def test_a_clear_difference_has_a_winner_and_a_small_one_has_none() -> None:
    assert winner_of([Tried("a", 200, 4), Tried("b", 200, 24)], 0.95) == "b"
    assert winner_of([Tried("a", 200, 10), Tried("b", 200, 16)], 0.95) is None


def test_with_more_variants_a_difference_must_be_clearer() -> None:
    pair = [Tried("a", 200, 4), Tried("b", 200, 14)]
    assert winner_of(pair, 0.95) == "b"
    assert winner_of([*pair, Tried("c", 200, 4)], 0.95) is None


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_chances_are_chances(m: int, n: int, data: st.DataObject) -> None:
    one = Tried("a", m, data.draw(st.integers(0, m)))
    other = Tried("b", n, data.draw(st.integers(0, n)))
    assert 0 < chance(one, other) <= 1
