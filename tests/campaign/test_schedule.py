"""Windows and due times, across daylight saving."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from postroad.campaign.days_off import DateSpan
from postroad.campaign.schedule import Window
from postroad.campaign.timing import Timing
from postroad.instants import DAY, HOUR, MINUTE, instant, moment

ZONES = ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

days = st.sets(st.sampled_from(_WEEK), min_size=1).map(sorted)
clock = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
hours = (
    st.tuples(clock, clock)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: "{:02}:{:02}-{:02}:{:02}".format(*pair[0], *pair[1]))
)
regions = st.sampled_from(([], ["ES"], ["US-CA", "AU"]))
aways = st.lists(
    st.builds(
        lambda first, length: DateSpan(first, first + timedelta(days=length)),
        st.dates(date(2026, 1, 1), date(2028, 1, 1)) | st.just(date(2026, 10, 24)),
        st.integers(0, 9),
    ),
    max_size=4,
)
windows = st.builds(
    lambda d, h, off, away: Window.model_validate(
        {"days": d, "hours": h, "holidays": off, "away": away}
    ),
    days,
    st.lists(hours, min_size=1, max_size=3),
    regions,
    aways,
)


def _offset(at: int, zone: str) -> timedelta | None:
    return moment(at).astimezone(ZoneInfo(zone)).utcoffset()


BEGIN, END = (instant(datetime(year, 1, 1, tzinfo=UTC)) for year in (2026, 2028))
"""Two years that hold every change of daylight saving time, north and south."""
CHANGES = [
    (at, zone)
    for zone in ZONES
    for at in range(BEGIN, END, HOUR)
    if _offset(at, zone) != _offset(at - HOUR, zone)
]

anywhere = st.tuples(st.integers(BEGIN, END), st.sampled_from(ZONES))
around_changes = st.builds(
    lambda change, minutes: (change[0] + minutes * MINUTE, change[1]),
    st.sampled_from(CHANGES),
    st.integers(-26 * 60, 4 * 60),
)
places = (anywhere | around_changes).map(lambda place: (place[0] - place[0] % MINUTE, place[1]))


def _open_by_the_clock_on_the_wall(window: Window, at: int, zone: str) -> bool:
    """What somebody says who looks at the clock and at the calendar."""
    local = moment(at).astimezone(ZoneInfo(zone))
    now = local.hour * 60 + local.minute
    today = _works(window, local.date())
    yesterday = _works(window, local.date() - timedelta(days=1))
    for span in window.hours.split(", "):
        begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in span.split("-"))
        if begin < end and today and begin <= now < end:
            return True
        if begin > end and ((today and now >= begin) or (yesterday and now < end)):
            return True
    return False


def _works(window: Window, day: date) -> bool:
    regions = (region.partition("-") for region in window.holidays or ())
    calendars = (country_holidays(country, subdiv=part or None) for country, _, part in regions)
    off = any(day in calendar for calendar in calendars)
    away = any(span.first <= day <= span.last for span in window.away or ())
    return day.weekday() in window.days and not off and not away


@given(windows, places)
def test_windows_follow_the_clock_on_the_wall_also_when_it_changes(
    window: Window, place: tuple[int, str]
) -> None:
    assert window.is_open(*place) == _open_by_the_clock_on_the_wall(window, *place)


@given(windows, places)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    window: Window, place: tuple[int, str]
) -> None:
    at, zone = place
    opening = window.next_opening(at, zone)
    assert opening >= at
    assert _open_by_the_clock_on_the_wall(window, opening, zone)
    # Hours and changes of clocks fall on quarters of an hour: these instants stand for all.
    quarter = 15 * MINUTE
    for earlier in range(at + -at % quarter, opening, quarter):
        assert not _open_by_the_clock_on_the_wall(window, earlier, zone)


@pytest.mark.parametrize(
    ("hours", "at", "is_open"),
    [
        # Madrid, 2027-03-28: 01:59 is followed by 03:00.
        ("01:00-02:30", datetime(2027, 3, 28, 0, 59, tzinfo=UTC), True),
        ("01:00-02:30", datetime(2027, 3, 28, 1, 0, tzinfo=UTC), False),
        ("02:30-05:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC), True),
        ("02:15-02:45", datetime(2027, 3, 28, 1, 0, tzinfo=UTC), False),
        # Madrid, 2026-10-25: 02:59 is followed by 02:00.
        ("02:00-02:30", datetime(2026, 10, 25, 0, 10, tzinfo=UTC), True),
        ("02:00-02:30", datetime(2026, 10, 25, 0, 40, tzinfo=UTC), False),
        ("02:00-02:30", datetime(2026, 10, 25, 1, 10, tzinfo=UTC), True),
    ],
)
def test_skipped_hours_do_not_exist_and_repeated_hours_count_twice(
    hours: str, at: datetime, *, is_open: bool
) -> None:
    assert Window(hours=hours).is_open(instant(at), "Europe/Madrid") == is_open


def test_a_window_that_a_change_of_clocks_swallows_opens_a_week_later() -> None:
    window = Window.model_validate({"days": "sun", "hours": "02:15-02:45"})
    saturday = instant(datetime(2027, 3, 27, 12, 0, tzinfo=UTC))
    opening = moment(window.next_opening(saturday, "Europe/Madrid"))
    assert opening == datetime(2027, 4, 4, 0, 15, tzinfo=UTC)


@given(places, st.integers(0, 10 * 24 * 60), windows)
def test_a_step_is_due_after_its_wait_and_inside_its_window(
    place: tuple[int, str], minutes: int, window: Window
) -> None:
    previous, zone = place
    wait = timedelta(minutes=minutes)
    due = Timing(wait=wait, window=window).due_at(previous, None, zone)
    assert due >= previous + minutes * MINUTE
    assert window.is_open(due, zone)


def test_without_a_window_a_step_is_due_when_its_wait_has_passed() -> None:
    assert Timing(wait=timedelta(seconds=2)).due_at(1_000, None, "UTC") == 3_000


def test_a_follow_up_on_friday_evening_leaves_on_monday_morning() -> None:
    window = Window.model_validate({"days": "mon-fri", "hours": "09:00-17:00"})
    friday = instant(datetime(2026, 11, 20, 18, 0, tzinfo=UTC))
    due = Timing(window=window).due_at(friday, None, "Europe/Madrid")
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
        {"hours": "08:75-17:00"},
        {"hours": "09:00-24:30"},
        {"days": "mon-noday"},
        {"days": []},
        {"timezone": "Mars/Olympus"},
        {"hours": "09:00-12:00, later"},
        {"hours": []},
        {"holidays": "Atlantis"},
        {"holidays": ["US-ZZ"]},
    ],
)
def test_a_window_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Window.model_validate(wrong)
