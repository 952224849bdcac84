"""The estimate of room, against the slots that limits really give."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from postroad.instants import DAY, HOUR, MINUTE
from postroad.quota.allocation import Pace, fill
from postroad.quota.limits import Limit
from postroad.quota.room import room_within
from postroad.quota.scope import Scope
from postroad.quota.window import Charge

NOW = 10 * DAY


def _limit(messages: int, per: int) -> Limit:
    return Limit(messages=messages, per=timedelta(milliseconds=per))


def _slots(limit: Limit, charged: list[tuple[int, int]], *, interactive: bool) -> int:
    """Count the messages that get a slot in the next hour."""
    scope = Scope("channel:x", "x", [limit], [Charge(at, at, count) for at, count in charged])
    leaving = fill([scope], 10_000, Pace(NOW, 0, interactive), until=NOW + HOUR - 1)
    return sum(count for _, count in leaving)


@given(
    messages=st.integers(1, 60),
    hours=st.integers(1, 24),
    ago=st.lists(st.integers(1, 24 * 60), max_size=20),
    interactive=st.booleans(),
)
def test_of_a_long_limit_exactly_the_slots_of_the_next_hour_are_room(
    messages: int,
    hours: int,
    ago: list[int],
    interactive: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    limit = _limit(messages, hours * HOUR)
    charged = [(NOW - minutes * MINUTE, 1) for minutes in sorted(ago)[:messages]]
    room = room_within(HOUR - 1, [limit], charged, NOW, keep_free=0.0 if interactive else 0.05)
    assert room == _slots(limit, charged, interactive=interactive)


def test_short_limits_let_their_batches_through() -> None:
    assert room_within(HOUR, [_limit(30, MINUTE)], [], NOW, keep_free=0.05) == 1_800


def test_the_narrowest_limit_decides_and_none_is_no_limit() -> None:
    limits = [_limit(30, MINUTE), _limit(100, HOUR), _limit(2_000, DAY)]
    assert room_within(HOUR, limits, [], NOW, keep_free=0.05) == 95
    assert room_within(HOUR, limits, [], NOW, keep_free=0.0) == 100
    assert room_within(HOUR, [], [], NOW, keep_free=0.05) is None
