"""A limit that grows: never exceeded, never idle, and it says how far it is."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from postroad.instants import DAY, HOUR, MINUTE, instant, milliseconds
from postroad.quota.allocation import Pace, fill, first_slot
from postroad.quota.decision import Wait
from postroad.quota.reasons import because
from postroad.quota.scope import Scope
from postroad.quota.warm_up import GrowingLimit, WarmUp
from postroad.quota.window import Charge
from tests.quota.simulation import Simulation, Worker

SINCE = instant(datetime(2026, 12, 1, tzinfo=UTC))

warm_ups = st.builds(
    lambda start, add, hours, more: WarmUp(
        start=start,
        add=add,
        every=timedelta(hours=hours),
        up_to=start + more,
        since=date(2026, 12, 1),
    ),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from([7, 24, 30]),
    st.integers(0, 12),
)


def _allowed(warm_up: WarmUp, at: int) -> int:
    """Count the stages one by one."""
    allowed, stage = warm_up.start, SINCE
    while (stage := stage + milliseconds(warm_up.every)) <= at:
        allowed += warm_up.add
    return min(allowed, warm_up.up_to)


def _first_fit(at: list[int], warm_up: WarmUp, now: int) -> int:
    """Try every instant at which room can appear: a message turns a day old, or a stage begins."""
    stages = {SINCE + n * milliseconds(warm_up.every) for n in range(60)}
    instants = {now} | {t + DAY for t in at} | stages
    return min(
        t for t in instants if t >= now and sum(t - DAY < b <= t for b in at) < _allowed(warm_up, t)
    )


@given(warm_ups, st.integers(-2 * DAY, 3 * DAY), st.integers(1, 40))
def test_each_message_leaves_at_the_first_instant_that_a_recount_allows(
    warm_up: WarmUp, offset: int, messages: int
) -> None:
    scope = Scope("channel:x", "x", [warm_up.as_limit()])
    now = SINCE + offset
    pace = Pace(now, 0, interactive=True)
    slots = [at for at, count in fill([scope], messages, pace) for _ in range(count)]
    one_by_one: list[int] = []
    for _ in range(messages):
        one_by_one.append(_first_fit(one_by_one, warm_up, max([now, *one_by_one[-1:]])))
    assert slots == one_by_one


@settings(max_examples=15)
@given(warm_ups, st.lists(st.integers(1, 15), min_size=1, max_size=3), st.integers(0, 2**32))
def test_no_day_holds_more_than_its_stage_allows_however_many_share_the_channel(
    warm_up: WarmUp, work: list[int], seed: int
) -> None:
    rng = random.Random(seed)
    workers = [Worker(n, f"c{n}", messages, starts_at=SINCE) for n, messages in enumerate(work)]
    simulation = Simulation([warm_up.as_limit()], workers, latency=lambda: rng.randint(1, 400))
    simulation.run(until=SINCE + 60 * DAY)
    times = sorted(at for at, _ in simulation.accepted)
    assert len(times) == sum(work)
    for at in times:
        assert sum(at - DAY < other <= at for other in times) <= _allowed(warm_up, at)


def _growing() -> GrowingLimit:
    return WarmUp(start=20, add=10, up_to=200, since=date(2026, 12, 1)).as_limit()


def test_a_limit_says_how_far_it_is() -> None:
    words = "warm-up, 10 more every 1d, up to 200 per 1d"
    assert _growing().as_of(SINCE + DAY) == f"{words} (30 now)"
    assert _growing().as_of(SINCE + 30 * DAY) == words


def test_whoever_waits_is_told_when_more_may_leave() -> None:
    now = SINCE + 34 * HOUR
    scope = Scope("channel:x", "ana-gmail", [_growing()], [Charge(now - HOUR, now - HOUR, 30)])
    until, obstacle = first_slot([scope], Pace(now, 0))
    assert until == SINCE + 2 * DAY
    told = because(Wait(until, obstacle, 0), now + MINUTE)
    assert told == (
        "next Thu 03 Dec 00:00:00 UTC, because ana-gmail has sent 28 of 30 in 1d "
        "(2 are kept for single mails) (warm-up: 40 from Thu 03 Dec 00:00:00 UTC on)"
    )


@pytest.mark.parametrize(
    "wrong", [{"up_to": 10}, {"start": 0}, {"every": "1m"}, {"since": "soon"}, {"add": 0}]
)
def test_a_warm_up_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    right = {"start": 20, "add": 10, "every": "1d", "up_to": 200, "since": "2026-12-01"}
    assert WarmUp.model_validate(right).messages_at(SINCE) == 20
    with pytest.raises(ValidationError):
        WarmUp.model_validate(right | wrong)
