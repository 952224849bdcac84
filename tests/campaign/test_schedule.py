"""Windows and due times, across daylight saving."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from postroad.campaign.schedule import Window, due_at
from postroad.instants import DAY, MINUTE, instant, moment

ZONES = ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

days = st.sets(st.sampled_from(_WEEK), min_size=1).map(sorted)
clock = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
hours = (
    st.tuples(clock, clock)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: "{:02}:{:02}-{:02}:{:02}".format(*pair[0], *pair[1]))
)
windows = st.builds(lambda d, h: Window(days=d, hours=h), days, hours)
# Two years that hold every change of daylight saving time, north and south.
instants = st.integers(
    instant(datetime(2026, 1, 1, tzinfo=UTC)), instant(datetime(2028, 1, 1, tzinfo=UTC))
).map(lambda at: at - at % MINUTE)


def _open_by_the_clock_on_the_wall(window: Window, at: int, zone: str) -> bool:
    """The naive reading of a window, which knows nothing of gaps."""
    local = moment(at).astimezone(ZoneInfo(zone))
    begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in window.hours.split("-"))
    now = local.hour * 60 + local.minute
    if begin < end:
        return local.weekday() in window.days and begin <= now < end
    yesterday = (local.weekday() - 1) % 7
    return (local.weekday() in window.days and now >= begin) or (
        yesterday in window.days and now < end
    )


@given(windows, instants, st.sampled_from(ZONES))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    window: Window, at: int, zone: str
) -> None:
    opening = window.next_opening(at, zone)
    assert opening >= at
    assert window.is_open(opening, zone)
    for earlier in range(at, min(opening, at + 3 * DAY), 97 * MINUTE):
        assert not window.is_open(earlier, zone)


@given(windows, instants, st.sampled_from(ZONES))
def test_windows_follow_the_clock_on_the_wall_away_from_changes(
    window: Window, at: int, zone: str
) -> None:
    here = ZoneInfo(zone)
    around = {moment(at + n * DAY).astimezone(here).utcoffset() for n in (-2, -1, 0, 1, 2)}
    if len(around) == 1:
        assert window.is_open(at, zone) == _open_by_the_clock_on_the_wall(window, at, zone)


@given(instants, st.integers(0, 10 * 24 * 60), windows, st.sampled_from(ZONES))
def test_a_step_is_due_after_its_wait_and_inside_its_window(
    previous: int, minutes: int, window: Window, zone: str
) -> None:
    wait = timedelta(minutes=minutes)
    due = due_at(previous, wait, window, zone)
    assert due >= previous + minutes * MINUTE
    assert window.is_open(due, zone)


def test_without_a_window_a_step_is_due_when_its_wait_has_passed() -> None:
    assert due_at(1_000, timedelta(seconds=2), None, "UTC") == 3_000


def test_a_follow_up_on_friday_evening_leaves_on_monday_morning() -> None:
    window = Window.model_validate({"days": "mon-fri", "hours": "09:00-17:00"})
    friday = instant(datetime(2026, 11, 20, 18, 0, tzinfo=UTC))
    due = due_at(friday, timedelta(), window, "Europe/Madrid")
    assert moment(due).astimezone(ZoneInfo("Europe/Madrid")) == datetime(
        2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Madrid")
    )


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    window = Window.model_validate({"days": "sat-mon", "hours": "22:00-02:00"})
    early_tuesday = instant(datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
    assert window.is_open(early_tuesday, "UTC")
    assert not window.is_open(early_tuesday + DAY, "UTC")


def test_the_zone_is_the_persons_else_the_senders_unless_it_is_fixed() -> None:
    assert Window().zone(None, "Europe/Madrid") == "Europe/Madrid"
    assert Window().zone("Asia/Tokyo", "Europe/Madrid") == "Asia/Tokyo"
    assert Window(timezone="sender").zone("Asia/Tokyo", "Europe/Madrid") == "Europe/Madrid"
    assert Window(timezone="UTC").zone("Asia/Tokyo", "Europe/Madrid") == "UTC"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": "9-17"},
        {"hours": "09:00-09:00"},
        {"hours": "25:00-26:00"},
        {"days": "mon-noday"},
        {"days": []},
        {"timezone": "Mars/Olympus"},
    ],
)
def test_a_window_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Window.model_validate(wrong)
