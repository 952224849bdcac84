"""Caps against the oracle: never too many, and nobody waits for longer than they must."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from postroad.instants import DAY, HOUR, MINUTE, SECOND
from postroad.quota.allocation import WAVE_SPAN
from postroad.quota.caps import CapChoice, kept_back
from postroad.quota.decision import ASK_AGAIN
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope
from postroad.quota.window import NEVER, Charge
from tests.quota.oracle import first_fit, fullest

_CAP: TypeAdapter[Limit | None] = TypeAdapter(CapChoice)
TOLERANCE = 4 * SECOND
LIMITS = st.builds(
    Limit,
    messages=st.integers(1, 4),
    per=st.integers(1, 240).map(lambda n: timedelta(minutes=n)),
)


def _possible(at: list[int], limit: Limit) -> list[int]:
    """Leave out what would have broken the limit already."""
    kept: list[int] = []
    for one in sorted(at):
        if fullest([*kept, one], limit) <= limit.messages:
            kept.append(one)
    return kept


@given(
    LIMITS,
    LIMITS,
    st.lists(st.integers(-300 * MINUTE, 0), max_size=8),
    st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=8),
    st.integers(0, 2**32),
)
def test_whatever_slots_a_wave_gets_no_cap_is_exceeded(
    of_a: Limit, of_b: Limit, before: list[int], wanted: list[str], seed: int
) -> None:
    rng = random.Random(seed)
    limits = {"a": of_a, "b": of_b}
    charged = {key: _possible(before, limit) for key, limit in limits.items()}
    scopes = {
        key: Scope(key, key, [limit], [Charge(at, at) for at in charged[key]], keep_free=0)
        for key, limit in limits.items()
    }
    keys = dict(enumerate(wanted))
    later = kept_back(keys, scopes, 0, TOLERANCE)
    for message in keys.keys() - later.keys():
        left = rng.randint(0, WAVE_SPAN + TOLERANCE)
        for key in keys[message]:
            charged[key].append(left)
    for key, limit in limits.items():
        assert fullest(charged[key], limit) <= limit.messages
    assert all(held.at > 0 and held.limit in limits.values() for held in later.values())


@given(LIMITS, st.lists(st.integers(-300 * MINUTE, 0), max_size=8), st.integers(1, 12))
def test_each_waits_for_the_first_room_behind_those_before_it(
    limit: Limit, before: list[int], wanted: int
) -> None:
    charged = _possible(before, limit)
    scope = Scope("a", "a", [limit], [Charge(at, at) for at in charged], keep_free=0)
    later = kept_back({key: ["a"] for key in range(wanted)}, {"a": scope}, 0, 0)
    for message in range(wanted):
        at = later[message].at if message in later else 0
        assert at == first_fit(charged, [limit], 0)
        charged.append(at)


def test_what_waits_for_a_message_on_the_wire_is_looked_at_again_soon() -> None:
    scope = Scope("a", "a", [Limit(messages=1, per=timedelta(days=1))], [Charge(-HOUR, NEVER)])
    assert kept_back({7: ["a"]}, {"a": scope}, 0, TOLERANCE)[7].at == ASK_AGAIN


def test_a_cap_is_a_limit_of_a_minute_or_more_or_off() -> None:
    assert _CAP.validate_python("off") is None
    assert _CAP.validate_python({"messages": 1, "per": "1d"}) == Limit(
        messages=1, per=timedelta(milliseconds=DAY)
    )
    for wrong in ("on", {"messages": 1, "per": "30s"}, {"messages": 0, "per": "1d"}):
        with pytest.raises(ValidationError):
            _CAP.validate_python(wrong)
