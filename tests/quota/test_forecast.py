"""Forecasts against the simulation and against arithmetic."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from postroad.instants import DAY, HOUR, MINUTE, SECOND
from postroad.quota.decision import SETTLING
from postroad.quota.forecast import Group, forecast
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope
from postroad.quota.spacing import Spacing
from tests.quota.simulation import Simulation, Worker


class _Steps:
    """Steps that wait for a fixed time after each other, and may leave from an hour on."""

    def __init__(self, *waits: int, opens_at: int = 0) -> None:
        self._waits = waits
        self._opens_at = opens_at

    def due_at(self, position: int, previous: int) -> int | None:
        return previous + self._waits[position] if position < len(self._waits) else None

    def next_opening(self, position: int, at: int) -> int:  # noqa: ARG002
        return max(at, self._opens_at)


def _group(people: int, steps: _Steps, number: int = 1, scope: str = "channel:x") -> Group:
    return Group(people, ["x"] * number, [(scope,)] * number, steps)


def _scope(*limits: Limit) -> dict[str, Scope]:
    return {"channel:x": Scope("channel:x", "x", limits)}


@given(st.integers(1, 400), st.integers(1, 40), st.integers(5, 90))
def test_a_forecast_agrees_with_the_simulation_within_a_wave(
    people: int, messages: int, per: int
) -> None:
    limit = Limit(messages=messages, per=timedelta(seconds=per))
    simulation = Simulation([limit], [Worker(1, "A", people)], latency=lambda: 1)
    simulation.run(until=100 * DAY)
    last = max(at for at, _ in simulation.accepted)
    found = forecast([_group(people, _Steps(0))], _scope(limit), 0)["x"]
    assert found.messages == people
    waves = -(-people // messages)
    assert found.last_at <= last <= found.last_at + waves * (SETTLING + 2)


def test_without_limits_only_the_steps_waits_count() -> None:
    found = forecast([_group(1_000_000, _Steps(0, DAY, DAY), 3)], _scope(), 5)["x"]
    assert (found.messages, found.first_at, found.last_at) == (3_000_000, 5, 5 + 2 * DAY)
    assert found.binding_limit is None


def test_the_limit_that_decides_is_named() -> None:
    fast = Limit(messages=60, per=timedelta(minutes=1))
    hourly = Limit(messages=600, per=timedelta(hours=1))
    found = forecast([_group(10_000, _Steps(0))], _scope(fast, hourly), 0)["x"]
    assert found.binding_limit == "x: 600 per 1h"


def test_a_million_messages_at_a_provider_limit_take_as_long_as_arithmetic_says() -> None:
    limit = Limit(messages=600, per=timedelta(minutes=1))
    found = forecast([_group(1_000_000, _Steps(0))], _scope(limit), 0)["x"]
    assert found.last_at == (1_000_000 // 600) * MINUTE


def test_a_closed_window_delays_the_first_message() -> None:
    found = forecast([_group(10, _Steps(0, opens_at=HOUR))], _scope(), 0)["x"]
    assert found.first_at == HOUR


def test_a_limited_recipient_domain_holds_back_its_own_people_alone() -> None:
    slow = Limit(messages=1, per=timedelta(seconds=10))
    scopes = _scope() | {"domain:slow.test": Scope("domain:slow.test", "slow.test", [slow])}
    slow_people = Group(5, ["x"], [("channel:x", "domain:slow.test")], _Steps(0))
    found = forecast([_group(100, _Steps(0)), slow_people], scopes, 0)["x"]
    assert found.last_at == 40 * SECOND
    assert found.binding_limit == "slow.test: 1 per 10s"


@given(st.integers(1_000, 4_000), st.integers(2, 40), st.integers(1, 90), st.integers(0, 90))
def test_pauses_played_in_bulk_take_as_long_as_pauses(
    people: int, at_once: int, shortest: int, more: int
) -> None:
    spacing = Spacing.model_validate({"between": [f"{shortest}s", f"{shortest + more}s"]})
    found = forecast([_group(people, _Steps(0))], _scope(spacing.in_bulk(at_once)), 0)["x"]
    average = (shortest + more / 2) * SECOND
    assert abs(found.last_at - people * average) <= at_once * average
    assert found.binding_limit == f"x: {spacing}"
