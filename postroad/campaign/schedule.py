"""When a step is due: elapsed waits, and the hours in which people may be written to."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, field_validator

from postroad.instants import instant, milliseconds, moment

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")
_DAY_MINUTES = 24 * 60
_DAYS_AHEAD = 9
"""A window opens at least once a week; daylight saving may swallow one opening."""


def _parse_days(value: object) -> frozenset[int]:
    """Read `mon-fri`, `sat, sun`, `[mon, wed]`; ranges may wrap round the week."""
    if isinstance(value, frozenset):
        return value
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts:
        raise ValueError("write days as mon-fri or [mon, wed]")
    days: set[int] = set()
    for part in parts:
        first, _, last = str(part).strip().lower().partition("-")
        start, end = _weekday(first), _weekday(last or first)
        days |= {(start + n) % 7 for n in range((end - start) % 7 + 1)}
    return frozenset(days)


def _weekday(name: str) -> int:
    short = name.strip()[:3]
    if short not in _WEEK:
        raise ValueError(f"{name.strip()!r} is no weekday; use mon, tue, wed, thu, fri, sat, sun")
    return _WEEK.index(short)


def _format_days(days: frozenset[int]) -> list[str]:
    return [_WEEK[day] for day in sorted(days)]


Days = Annotated[
    frozenset[int],
    BeforeValidator(_parse_days),
    PlainSerializer(_format_days, return_type=list[str]),
]


class Window(BaseModel):
    """The hours of the week in which a message may leave.

    `timezone` is `person` (theirs, else the sender's), `sender`, or a fixed IANA name. Hours that
    end before they begin run over midnight and belong to the day on which they begin.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Days = frozenset(range(7))
    hours: str = "00:00-24:00"
    timezone: str = "person"

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, hours: str) -> str:
        found = _HOURS.fullmatch(hours)
        if found is None:
            raise ValueError(f"{hours!r} are no hours; write for instance 09:00-17:00")
        begin, end = _minutes(hours)
        if begin >= _DAY_MINUTES or end > _DAY_MINUTES or begin == end:
            raise ValueError(f"{hours!r} is no span of time within a day")
        return hours.replace(" ", "")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, timezone: str) -> str:
        if timezone not in ("person", "sender"):
            check_timezone(timezone)
        return timezone

    def zone(self, person: str | None, sender: str) -> str:
        """Return the time zone that counts for a person of a sender."""
        if self.timezone == "person":
            return person or sender
        return sender if self.timezone == "sender" else self.timezone

    def is_open(self, at: int, zone: str) -> bool:
        """Whether a message may leave at this instant."""
        return self.next_opening(at, zone) == at

    def next_opening(self, at: int, zone: str) -> int:
        """Return the first instant from `at` on at which a message may leave."""
        for begin, end in self._openings(at, ZoneInfo(zone)):
            if end > at:
                return max(begin, at)
        raise ValueError(f"the window {self.hours} never opens in {zone}")

    def _openings(self, at: int, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
        """Yield the openings around and after an instant, in order."""
        begin, end = _minutes(self.hours)
        today = moment(at).astimezone(zone).date()
        for ahead in range(-2, _DAYS_AHEAD):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.days:
                last = day if end > begin else day + timedelta(days=1)
                span = _wall_clock(day, begin, zone), _wall_clock(last, end, zone)
                if span[0] < span[1]:
                    yield span


def check_timezone(name: str) -> str:
    """Return the name of a known IANA time zone.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone; write for instance Europe/Madrid") from error
    return name


def due_at(previous: int, wait: timedelta, window: Window | None, zone: str) -> int:
    """Return when a step is due: the wait has passed and the window is open.

    Args:
        previous: when the previous message was sent, or the person was enrolled.
        wait: elapsed time.
        window: when messages may leave; None for always.
        zone: the window's time zone for this person, see `Window.zone`.
    """
    earliest = previous + milliseconds(wait)
    return earliest if window is None else window.next_opening(earliest, zone)


def _minutes(hours: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(hours)
    if found is None:
        raise ValueError(f"{hours!r} are no hours")
    begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
    return begin_hour * 60 + begin_minute, end_hour * 60 + end_minute


def _wall_clock(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return the instant of a wall-clock time; one that is skipped counts from after the gap."""
    days, minutes = divmod(minutes, _DAY_MINUTES)
    at = datetime.combine(
        day + timedelta(days=days), time(minutes // 60, minutes % 60), tzinfo=zone
    )
    return instant(at)
