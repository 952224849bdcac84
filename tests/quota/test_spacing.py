"""Uneven pauses: never shorter than the shortest, never idle after the drawn one, repeatable."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from postroad.instants import HOUR, MINUTE, SECOND, milliseconds
from postroad.quota.allocation import Pace, fill, first_slot
from postroad.quota.decision import SETTLING
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope
from postroad.quota.spacing import Spacing
from postroad.quota.turns import Priority
from postroad.quota.window import Charge
from tests.quota.simulation import Simulation, Worker

spacings = st.tuples(st.integers(1, 60), st.integers(0, 90)).map(
    lambda drawn: _spacing(drawn[0], drawn[0] + drawn[1])
)


def _spacing(shortest: int, longest: int) -> Spacing:
    return Spacing(between=(timedelta(seconds=shortest), timedelta(seconds=longest)))


def _scope(spacing: Spacing, *charges: Charge) -> Scope:
    return Scope("channel:x", "x", [spacing.as_limit()], charges, spacing=spacing)


def _slots(spacing: Spacing, messages: int) -> list[int]:
    return [at for at, _ in fill([_scope(spacing)], messages, Pace(0, 0))]


@given(spacings)
def test_each_message_leaves_as_soon_as_the_drawn_pause_is_over(spacing: Spacing) -> None:
    slots = _slots(spacing, 10)
    shortest, longest = map(milliseconds, spacing.between)
    for earlier, later in pairwise(slots):
        assert later - earlier == spacing.pause_after("channel:x", earlier)
        assert shortest <= later - earlier <= longest
    assert slots == _slots(spacing, 10)


def test_pauses_are_uneven_and_mailboxes_do_not_march_in_step() -> None:
    spacing = _spacing(40, 120)
    pauses = [spacing.pause_after("channel:x", at) for at in range(0, HOUR, MINUTE)]
    assert len(set(pauses)) > 50
    assert min(pauses) < 50 * SECOND
    assert max(pauses) > 110 * SECOND
    assert pauses != [spacing.pause_after("channel:y", at) for at in range(0, HOUR, MINUTE)]


@settings(max_examples=20)
@given(spacings, st.lists(st.integers(1, 8), min_size=1, max_size=4), st.integers(0, 2**32))
def test_however_many_share_a_mailbox_no_pause_is_too_short_and_none_is_wasted(
    spacing: Spacing, work: list[int], seed: int
) -> None:
    rng = random.Random(seed)
    workers = [Worker(n, f"c{n % 2}", messages) for n, messages in enumerate(work)]
    simulation = Simulation(
        [spacing.as_limit()], workers, latency=lambda: rng.randint(1, 400), spacing=spacing
    )
    simulation.run(until=10 * HOUR)
    times = sorted(at for at, _ in simulation.accepted)
    assert len(times) == sum(work)
    shortest, longest = map(milliseconds, spacing.between)
    for earlier, later in pairwise(times):
        assert later - earlier >= shortest
        assert later - earlier <= longest + simulation.tolerance + 2 * SETTLING


def test_a_mail_that_a_person_waits_for_waits_for_the_shortest_pause_at_most() -> None:
    spacing = _spacing(1, 600)
    workers = [Worker(1, "A", 50)]
    single = Worker(9, "send", 1, Priority.INTERACTIVE, starts_at=10 * MINUTE)
    simulation = Simulation([spacing.as_limit()], [*workers, single], spacing=spacing)
    simulation.run(until=HOUR)
    left = next(at for at, worker in simulation.accepted if worker is single)
    assert left - single.starts_at <= 4 * SECOND


def test_the_obstacle_is_the_spacing() -> None:
    spacing = _spacing(40, 120)
    at, obstacle = first_slot([_scope(spacing, Charge(0, 0))], Pace(1, 0))
    assert at == spacing.pause_after("channel:x", 0)
    assert obstacle is not None
    assert str(obstacle.spacing) == "40s to 2m apart"


def test_other_limits_hold_beside_it() -> None:
    spacing = _spacing(1, 2)
    hourly = Limit(messages=5, per=timedelta(hours=1))
    scope = Scope("channel:x", "x", [spacing.as_limit(), hourly], spacing=spacing)
    slots = [at for at, _ in fill([scope], 12, Pace(0, 0))]
    assert slots[5] >= slots[0] + HOUR
    assert slots[10] >= slots[5] + HOUR


@pytest.mark.parametrize("between", [["2m", "40s"], ["40s"], ["0s", "10s"], "40s"])
def test_pauses_that_make_no_sense_are_refused(between: object) -> None:
    with pytest.raises(ValidationError):
        Spacing.model_validate({"between": between})
