"""Waits in business days, dates that a step lies between, holidays: when a step may leave."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from postroad.campaign.timing import Timing
from postroad.instants import instant, moment

MADRID = "Europe/Madrid"


def _at(text: str, zone: str = MADRID) -> int:
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def _due(timing: dict[str, object], previous: str, zone: str = MADRID) -> str:
    due = Timing.model_validate(timing).due_at(_at(previous, zone), None, zone)
    return f"{moment(due).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("timing", "previous", "due"),
    [
        ({"wait": "3 business days"}, "2026-11-26 16:30", "2026-12-01 16:30"),
        ({"wait": "1 business day"}, "2026-11-28 10:00", "2026-11-30 10:00"),
        # Tuesday 8 December is a holiday in Spain.
        (
            {"wait": "2 business days", "window": {"holidays": "ES"}},
            "2026-12-04 10:00",
            "2026-12-09 10:00",
        ),
        # The window's own days are the business days where it names any.
        (
            {"wait": "2 business days", "window": {"days": "sun-thu"}},
            "2026-11-26 10:00",
            "2026-11-30 10:00",
        ),
        # Clocks change on Sunday 2026-10-25: the time of day stays.
        ({"wait": "1 business day"}, "2026-10-23 09:00", "2026-10-26 09:00"),
        ({"wait": "3 days"}, "2026-10-23 09:00", "2026-10-26 08:00"),
        (
            {"window": {"hours": ["09:00-12:00", "14:00-17:00"]}},
            "2026-11-24 12:30",
            "2026-11-24 14:00",
        ),
        ({"not_before": "2026-12-01"}, "2026-11-24 12:30", "2026-12-01 00:00"),
        ({"not_before": "2026-12-01 09:30"}, "2026-11-24 12:30", "2026-12-01 09:30"),
        ({"not_before": "2026-12-01T09:30+00:00"}, "2026-11-24 12:30", "2026-12-01 10:30"),
        ({"not_before": "2026-11-01"}, "2026-11-24 12:30", "2026-11-24 12:30"),
        # What would come too late falls due when its last day is over, and ends there.
        ({"wait": "30d", "not_after": "2026-12-18"}, "2026-11-24 12:30", "2026-12-19 00:00"),
    ],
)
def test_a_step_is_due_when_people_would_say_so(
    timing: dict[str, object], previous: str, due: str
) -> None:
    assert _due(timing, previous) == due


def test_the_last_day_is_a_whole_day_and_a_last_time_is_exact() -> None:
    day = Timing.model_validate({"not_after": "2026-12-18"})
    assert not day.is_too_late(_at("2026-12-18 23:59"), None, MADRID)
    assert day.is_too_late(_at("2026-12-19 00:00"), None, MADRID)
    time = Timing.model_validate({"not_after": "2026-12-18 12:00"})
    assert time.is_too_late(_at("2026-12-18 12:00"), None, MADRID)
    assert not Timing().is_too_late(_at("2026-12-18 12:00"), None, MADRID)


def test_dates_are_those_of_the_persons_clock_where_the_window_goes_by_it() -> None:
    timing = Timing.model_validate({"not_before": "2026-12-01", "window": {}})
    tokyo = timing.due_at(_at("2026-11-24 12:00"), "Asia/Tokyo", MADRID)
    assert tokyo == _at("2026-12-01 00:00", "Asia/Tokyo")


def test_a_timing_survives_the_ledger() -> None:
    timing = Timing.model_validate(
        {
            "wait": "3 business days",
            "window": {"hours": ["09:00-12:00", "14:00-17:00"], "holidays": ["es", "US-CA"]},
            "not_before": "2026-12-01",
            "not_after": "2026-12-18 12:00",
        }
    )
    stored = timing.model_dump(mode="json")
    assert Timing.model_validate(stored) == timing
    assert stored["wait"] == "3 business days"
    assert stored["window"]["hours"] == "09:00-12:00, 14:00-17:00"
    assert stored["window"]["holidays"] == ["ES", "US-CA"]
    assert type(timing.not_before) is date


def test_steps_that_were_stored_before_read_as_they_did() -> None:
    stored = {"wait": "3d", "window": {"days": ["mon"], "hours": "09:00-17:00"}}
    assert Timing.model_validate(stored).wait == timedelta(days=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"wait": "300 business days"},
        {"wait": "some business days"},
        {"wait": "400 days"},
        {"not_before": "next week"},
        {"not_after": "2026-13-01"},
        {"not_after": 5},
        {"not_after": "9999-12-31"},
    ],
)
def test_a_timing_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Timing.model_validate(wrong)


@given(
    st.integers(_at("2026-01-01"), _at("2027-12-01")),
    st.integers(0, 30),
    st.sampled_from([MADRID, "America/New_York", "Australia/Lord_Howe"]),
)
def test_between_a_mail_and_the_next_lie_as_many_working_days_as_were_asked_for(
    sent_at: int, days: int, zone: str
) -> None:
    timing = Timing.model_validate({"wait": f"{days} business days", "window": {"holidays": "ES"}})
    sent = moment(sent_at).astimezone(ZoneInfo(zone)).date()
    due = moment(timing.waited(sent_at, None, zone)).astimezone(ZoneInfo(zone)).date()
    window = timing.window
    assert window is not None
    between = (sent + timedelta(days=n) for n in range(1, (due - sent).days + 1))
    assert sum(day.weekday() < 5 and not window.day_off(day) for day in between) == days
