"""Whole days of sharing a channel: exact, busy, fair, urgent first, and calm after an outage."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroad.instants import HOUR, MINUTE, SECOND
from postroad.quota.allocation import Candidate, wave_size
from postroad.quota.decision import ASK_AGAIN, SETTLING, Wait, decide
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope
from postroad.quota.turns import Priority, Shares, Turn
from postroad.quota.window import NEVER, Charge
from tests.quota.oracle import fullest
from tests.quota.simulation import Simulation, Worker

THROTTLE = Limit(messages=25, per=timedelta(seconds=45))


def _times(simulation: Simulation) -> list[int]:
    return sorted(at for at, _ in simulation.accepted)


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            Limit,
            messages=st.integers(2, 30),
            per=st.integers(5, 300).map(lambda n: timedelta(seconds=n)),
        ),
        min_size=1,
        max_size=3,
    ),
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.integers(1, 60), st.integers(0, 60 * SECOND)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 2**32),
)
def test_no_limit_is_ever_exceeded_and_everything_is_sent(
    limits: list[Limit], work: list[tuple[str, int, int]], seed: int
) -> None:
    rng = random.Random(seed)
    workers = [Worker(n, campaign, m, starts_at=at) for n, (campaign, m, at) in enumerate(work)]
    simulation = Simulation(limits, workers, latency=lambda: rng.randint(1, 400))
    simulation.run(until=100 * HOUR)
    assert len(simulation.accepted) == sum(messages for _, messages, _ in work)
    for limit in limits:
        assert fullest(_times(simulation), limit) <= limit.messages


@settings(max_examples=20)
@given(
    st.integers(1, 6),
    st.integers(2, 120),
    st.integers(10, 90),
)
def test_no_slot_stays_empty_while_someone_waits(sequences: int, messages: int, per: int) -> None:
    limit = Limit(messages=messages, per=timedelta(seconds=per))
    workers = [Worker(n, f"c{n % 3}", 10 * messages) for n in range(sequences)]
    simulation = Simulation([limit], workers, latency=lambda: 5)
    simulation.run(until=20 * per * SECOND)
    times = _times(simulation)
    # Room appears one period after an earlier message. It is taken when those who wait ask
    # again, or when the answers to messages on their way are known, at the latest.
    moment = simulation.tolerance + 2 * SETTLING
    for earlier, later in zip(times, times[messages:], strict=False):
        assert later - earlier <= limit.per_ms + moment


@pytest.mark.parametrize("sequences_of_a", [1, 10])
@pytest.mark.parametrize(
    "limit",
    [
        THROTTLE,
        Limit(messages=60, per=timedelta(minutes=1)),
        Limit(messages=7, per=timedelta(seconds=10)),
    ],
    ids=str,
)
def test_campaigns_share_a_channel_however_many_sequences_they_have(
    sequences_of_a: int, limit: Limit
) -> None:
    workers = [Worker(n, "A", 5_000) for n in range(sequences_of_a)]
    workers.append(Worker(99, "B", 50_000))
    simulation = Simulation([limit], workers)
    simulation.run(until=2 * HOUR)
    # From the second minute on: before that, not everybody has asked yet.
    for begin in range(MINUTE, HOUR, 7 * MINUTE):
        hour = Counter(
            worker.campaign for at, worker in simulation.accepted if begin <= at < begin + HOUR
        )
        assert abs(hour["A"] - hour["B"]) <= wave_size(50, [limit])
    assert len(simulation.accepted) > 0.9 * 2 * HOUR / limit.per_ms * limit.messages


def test_three_campaigns_that_start_at_different_times_share_from_then_on() -> None:
    workers = [
        Worker(1, "A", 50_000),
        Worker(2, "B", 50_000, starts_at=HOUR),
        Worker(3, "C", 50_000, starts_at=2 * HOUR),
    ]
    simulation = Simulation([THROTTLE], workers)
    simulation.run(until=4 * HOUR)
    last = Counter(w.campaign for at, w in simulation.accepted if 3 * HOUR <= at < 4 * HOUR)
    assert max(last.values()) - min(last.values()) <= 25


def test_interactive_mail_goes_before_everybody_who_waits() -> None:
    workers = [Worker(n, f"c{n}", 5_000) for n in range(8)]
    single = Worker(99, "send", 1, Priority.INTERACTIVE, starts_at=10 * MINUTE)
    simulation = Simulation([THROTTLE], [*workers, single])
    simulation.run(until=HOUR)
    left = next(at for at, worker in simulation.accepted if worker is single)
    assert left - single.starts_at <= THROTTLE.per_ms + 2 * SECOND


def test_follow_ups_go_before_first_touches() -> None:
    first = [Worker(n, f"c{n}", 5_000) for n in range(3)]
    follow_up = Worker(9, "f", 100, Priority.FOLLOW_UP, starts_at=10 * MINUTE)
    simulation = Simulation([THROTTLE], [*first, follow_up])
    simulation.run(until=HOUR)
    others = [
        at
        for at, worker in simulation.accepted
        if worker is not follow_up and at > follow_up.starts_at + 2 * MINUTE
    ]
    done = max(at for at, worker in simulation.accepted if worker is follow_up)
    assert done - follow_up.starts_at <= 5 * THROTTLE.per_ms + 5 * SECOND
    assert not [at for at in others if at < done]


def test_nothing_bursts_after_an_outage_of_an_hour() -> None:
    workers = [Worker(n, f"c{n}", 5_000) for n in range(6)]
    simulation = Simulation([THROTTLE], workers, outage=(HOUR, 2 * HOUR))
    simulation.run(until=3 * HOUR)
    assert fullest(_times(simulation), THROTTLE) <= THROTTLE.messages
    after = [at for at in _times(simulation) if at >= 2 * HOUR]
    assert after
    assert after[0] < 2 * HOUR + SECOND


def test_a_full_recipient_domain_does_not_hold_up_the_others() -> None:
    slow = Limit(messages=1, per=timedelta(minutes=10))
    workers = [
        Worker(1, "A", 10, domain="slow.test"),
        Worker(2, "B", 100),
    ]
    simulation = Simulation([THROTTLE], workers, domain_limits={"slow.test": [slow]})
    simulation.run(until=20 * MINUTE)
    to_slow = sorted(at for at, worker in simulation.accepted if worker.domain)
    assert fullest(to_slow, slow) == 1
    assert sum(worker.domain is None for _, worker in simulation.accepted) == 100


def test_whoever_waits_for_a_message_that_hangs_on_the_wire_asks_again_soon() -> None:
    hanging = Charge(-HOUR, NEVER)
    answer = decide(
        Turn(1, "A", Priority.FIRST_TOUCH, 1, 0, 0),
        [],
        Shares(0, {}),
        [Candidate(7, ("x",))],
        lambda _: {"x": Scope("x", "x", [Limit(messages=1, per=timedelta(days=1))], [hanging])},
        shared=["x"],
        now=0,
        tolerance=SECOND,
    )
    assert isinstance(answer, Wait)
    assert answer.until == ASK_AGAIN


@pytest.mark.parametrize(
    ("limit", "messages"),
    [
        (Limit(messages=2, per=timedelta(seconds=1)), 20),
        (Limit(messages=25, per=timedelta(seconds=45)), 25),
        (Limit(messages=60, per=timedelta(minutes=1)), 30),
        (Limit(messages=100_000, per=timedelta(days=1)), 50),
    ],
    ids=str,
)
def test_a_wave_is_a_good_part_of_the_narrowest_limit(limit: Limit, messages: int) -> None:
    daily = Limit(messages=2_000, per=timedelta(days=1))
    assert wave_size(50, [limit]) == wave_size(50, [daily, limit]) == messages
