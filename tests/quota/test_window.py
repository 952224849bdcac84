"""Rolling windows against the naive oracle."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from postroad.quota.allocation import Pace, fill, first_slot
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope, tolerance_for
from postroad.quota.window import NEVER, Charge
from tests.quota.oracle import first_fit, fullest

limits = st.lists(
    st.builds(
        Limit,
        messages=st.integers(1, 6),
        per=st.integers(1, 40).map(lambda n: timedelta(milliseconds=100 * n)),
    ),
    min_size=1,
    max_size=3,
)
instants = st.integers(0, 10_000)


def _legal(at: list[int], held: list[Limit]) -> list[int]:
    """Keep of these instants those that break no limit, as a provider would have."""
    kept: list[int] = []
    for t in sorted(at):
        if all(fullest([*kept, t], limit) <= limit.messages for limit in held):
            kept.append(t)
    return kept


@given(limits, st.lists(instants, max_size=15), instants)
def test_the_first_slot_is_the_first_that_keeps_every_limit(
    held: list[Limit], at: list[int], now: int
) -> None:
    at = _legal(at, held)
    scope = Scope("channel:x", "x", held, [Charge(t, t) for t in at])
    slot, _ = first_slot([scope], Pace(now, 0))
    assert slot == first_fit(at, held, now)


@given(limits, limits, st.lists(instants, max_size=8), st.lists(instants, max_size=8), instants)
def test_a_slot_keeps_the_limits_of_every_scope(
    one: list[Limit], two: list[Limit], at_one: list[int], at_two: list[int], now: int
) -> None:
    at_one, at_two = _legal(at_one, one), _legal(at_two, two)
    scopes = [
        Scope("channel:x", "x", one, [Charge(t, t) for t in at_one]),
        Scope("domain:y", "y", two, [Charge(t, t) for t in at_two]),
    ]
    slot, _ = first_slot(scopes, Pace(now, 0))
    assert all(fullest([*at_one, slot], limit) <= limit.messages for limit in one)
    assert all(fullest([*at_two, slot], limit) <= limit.messages for limit in two)


@given(
    limits,
    st.lists(st.tuples(instants, st.integers(0, 300)), max_size=10),
    instants,
    st.integers(0, 300),
    st.data(),
)
def test_no_limit_breaks_wherever_within_their_tolerance_messages_are_accepted(
    held: list[Limit],
    booked: list[tuple[int, int]],
    now: int,
    tolerance: int,
    data: st.DataObject,
) -> None:
    scope = Scope("channel:x", "x", held)
    accepted: list[int] = []
    for at, _ in booked:
        slot, _ = first_slot([scope], Pace(at, tolerance))
        scope.charge(Charge(slot, slot + tolerance))
        accepted.append(slot + data.draw(st.integers(0, tolerance)))
    slot, _ = first_slot([scope], Pace(now, tolerance))
    accepted.append(slot + data.draw(st.integers(0, tolerance)))
    assert all(fullest(accepted, limit) <= limit.messages for limit in held)


@given(limits, st.integers(1, 12), instants)
def test_filling_gives_each_message_the_slot_it_would_get_alone(
    held: list[Limit], wanted: int, now: int
) -> None:
    slots = [
        at
        for at, count in fill([Scope("channel:x", "x", held)], wanted, Pace(now, 0))
        for _ in range(count)
    ]
    one_by_one: list[int] = []
    for _ in range(wanted):
        one_by_one.append(first_fit(one_by_one, held, now))
    assert slots == one_by_one


@given(limits, instants, st.integers(0, 5_000))
def test_a_provider_hold_moves_the_first_slot(held: list[Limit], now: int, pause: int) -> None:
    scope = Scope("channel:x", "x", held, not_before=now + pause, words="slow down")
    slot, obstacle = first_slot([scope], Pace(now, 0))
    assert slot == now + pause
    assert (obstacle is None) == (pause == 0)


def test_a_message_on_the_wire_for_too_long_counts_in_every_window() -> None:
    limit = Limit(messages=1, per=timedelta(seconds=1))
    scope = Scope("channel:x", "x", [limit], [Charge(0, NEVER)])
    assert first_slot([scope], Pace(1_000_000, 100))[0] == NEVER


def test_long_limits_keep_a_twentieth_for_interactive_mail() -> None:
    limit = Limit(messages=100, per=timedelta(hours=1))
    scope = Scope("channel:x", "x", [limit], [Charge(0, 0, 95)])
    assert first_slot([scope], Pace(1_000, 0))[0] == limit.per_ms
    assert first_slot([scope], Pace(1_000, 0, interactive=True))[0] == 1_000
    assert scope.room(1_000, 0, 50, interactive=True) == 5


def test_the_tolerance_is_a_tenth_of_the_shortest_period_within_bounds() -> None:
    def tolerance(*seconds: float) -> int:
        return tolerance_for(
            [Limit(messages=1, per=timedelta(seconds=second)) for second in seconds]
        )

    assert tolerance(45, 86_400) == 4_500
    assert tolerance(0.1) == 50
    assert tolerance() == tolerance(3_600) == 10_000
