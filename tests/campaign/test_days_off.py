"""A sender's days off: how they are written, and where a step's own go before them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from postroad.campaign.days_off import DateSpan, DaysOff
from postroad.campaign.schedule import Window
from postroad.campaign.timing import Timing
from postroad.instants import instant
from tests.campaign.test_schedule import aways, places, regions, windows

CHRISTMAS = DaysOff.model_validate({"holidays": "DE-BY", "away": ["2026-12-28..2027-01-05"]})
BEFORE = instant(datetime(2026, 12, 24, 17, 0, tzinfo=UTC))
OFFICE = {"days": "mon-fri", "hours": "09:00-17:00"}


def _opening(timing: dict[str, Any], off: DaysOff = CHRISTMAS) -> str:
    own = Timing.model_validate(timing).for_sender(off)
    at = own.next_opening(BEFORE, None, "Europe/Berlin")
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M}"


@given(windows, regions, aways, places)
def test_a_senders_days_off_close_what_a_window_leaves_open(
    window: Window, region: list[str], away: list[DateSpan], place: tuple[int, str]
) -> None:
    off = DaysOff(holidays=region, away=away)
    at, zone = place
    said = window.model_copy(update={"holidays": region, "away": away})
    silent = Timing(window=window.model_copy(update={"holidays": None, "away": None}))
    assert silent.for_sender(off).window == said
    assert silent.for_sender(off).next_opening(at, zone, zone) == said.next_opening(at, zone)
    own = Timing(window=window)
    assert own.for_sender(off) == own


def test_holidays_and_days_away_are_passed_over() -> None:
    # Epiphany, Wednesday 6 January, is a holiday in Bavaria.
    assert _opening({"window": OFFICE}) == "2027-01-07 08:00"


@pytest.mark.parametrize(
    ("own", "opening"),
    [
        ({"holidays": []}, "2026-12-25 08:00"),
        ({"holidays": "DE"}, "2027-01-06 08:00"),
        ({"away": []}, "2026-12-28 08:00"),
        ({"away": ["2026-12-28"]}, "2026-12-29 08:00"),
    ],
)
def test_what_a_steps_own_window_says_goes_before(own: dict[str, Any], opening: str) -> None:
    assert _opening({"window": OFFICE | own}) == opening


def test_a_step_without_a_window_leaves_on_holidays_but_not_while_the_sender_is_away() -> None:
    assert _opening({}) == "2026-12-24 17:00"
    away = DaysOff.model_validate({"holidays": "DE-BY", "away": ["2026-12-24..2026-12-25"]})
    assert _opening({}, away) == "2026-12-25 23:00"


def test_days_off_are_no_business_days() -> None:
    waits = Timing.model_validate({"wait": "2 business days", "window": OFFICE})
    sent = instant(datetime(2026, 12, 23, 12, 0, tzinfo=UTC))
    due = waits.for_sender(CHRISTMAS).due_at(sent, None, "Europe/Berlin")
    assert due == instant(datetime(2027, 1, 7, 12, 0, tzinfo=UTC))


def test_a_row_of_days_off_is_said_at_once() -> None:
    window = Window.model_validate(OFFICE).with_days_off(CHRISTMAS)
    end = instant(datetime(2027, 1, 7, tzinfo=UTC))
    assert window.days_off_between(BEFORE, end, "Europe/Berlin") == [
        "Fri 25 Dec is Christmas Day (DE-BY)",
        "Mon 28 Dec to Tue 05 Jan are off for the sender",
        "Wed 06 Jan is Epiphany (DE-BY)",
    ]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("Christmas", "'Christmas' are no days; write for instance 2026-12-24..2027-01-02"),
        ("2026-02-30", "are no days"),
        ("2026-12-24..2026-12-01", "must begin before it ends, within a year"),
        ("2026-01-01..2099-01-01", "within a year"),
        (20261224, "are no days"),
    ],
)
def test_what_are_no_days_is_refused_with_a_way_to_write_them(wrong: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why.replace(".", r"\.")):
        DaysOff.model_validate({"away": [wrong]})


def test_days_off_are_stored_as_they_are_written() -> None:
    stored = CHRISTMAS.model_dump(mode="json")
    assert stored == {"holidays": ["DE-BY"], "away": ["2026-12-28..2027-01-05"]}
    assert DaysOff.model_validate(stored) == CHRISTMAS
