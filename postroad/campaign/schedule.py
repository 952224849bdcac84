"""The hours of the week in which people may be written to, by the clock on the wall."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import count, groupby
from operator import itemgetter
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, field_validator

from postroad.campaign.days_off import Away, DaysOff
from postroad.campaign.public_holidays import Regions, holiday_name
from postroad.instants import DAY, MINUTE, milliseconds, moment

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"\s*(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)\s*", re.ASCII)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
WORKING_WEEK = range(5)
"""Monday to Friday."""


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


def _join_hours(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return value


class Window(BaseModel):
    """The hours of the week in which a message may leave, by the clock on the wall.

    `timezone` is `person` (theirs, else the sender's), `sender`, or a fixed IANA name. Hours are
    one span or several; those that end before they begin run over midnight and belong to the day
    on which they begin. When clocks go forward, skipped hours do not exist; when they go back,
    repeated hours count twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Days = frozenset(range(7))
    hours: Annotated[str, BeforeValidator(_join_hours)] = "00:00-24:00"
    """`09:00-12:30, 14:00-17:00`."""
    holidays: Regions | None = None
    """Where public holidays are taken from; None is the sender's, else the organisation's."""
    away: Away | None = None
    """Further days off; None is the sender's."""
    timezone: str = "person"

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, hours: str) -> str:
        for begin, end in _spans(hours):
            if begin >= DAY or end > DAY or begin == end:
                raise ValueError(f"{hours!r} is no span of time within a day")
        return ", ".join("".join(part.split()) for part in hours.split(","))

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, timezone: str) -> str:
        if timezone not in ("person", "sender"):
            check_timezone(timezone)
        return timezone

    def with_days_off(self, off: DaysOff) -> "Window":
        """Return the window with what it leaves open."""
        holidays = off.holidays if self.holidays is None else self.holidays
        away = off.away if self.away is None else self.away
        return self.model_copy(update={"holidays": holidays, "away": away})

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
        here = ZoneInfo(zone)
        while True:
            offset = _offset(at, here)
            opening = self._next_on_clock(at + offset) - offset
            if opening == at or _offset(opening, here) == offset:
                return opening
            at = _change_of_offset(at, opening, here)

    def _next_on_clock(self, local: int) -> int:
        """Return the first open time from a local one on, as if clocks never changed.

        Local times are milliseconds since the epoch as the clock on the wall shows them.
        """
        return next(
            max(local, start)
            for day in count(local // DAY - 1)
            for start, end in self._spans_of(day)
            if local < end
        )

    def _spans_of(self, day: int) -> Iterator[tuple[int, int]]:
        """Yield when a day's hours begin and end, by the clock on the wall."""
        if self.has_day(date.fromordinal(_EPOCH_DAY + day)):
            for begin, end in _spans(self.hours):
                yield day * DAY + begin, day * DAY + begin + ((end - begin) % DAY or DAY)

    @property
    def has_every_day(self) -> bool:
        """Whether no weekday is left out."""
        return len(self.days) == len(_WEEK)

    def has_day(self, day: date) -> bool:
        """Whether hours begin on a day."""
        return day.weekday() in self.days and not self.day_off(day)

    def days_off_between(self, begin: int, end: int, zone: str) -> list[str]:
        """Say which days off close the window between two instants."""
        first, last = (moment(at).astimezone(ZoneInfo(zone)).date() for at in (begin, end))
        days = (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
        named = ((day, self.day_off(day)) for day in days if day.weekday() in self.days)
        return [
            _say_days([day for day, _ in together], name)
            for name, together in groupby(named, key=itemgetter(1))
            if name
        ]

    def day_off(self, day: date) -> str:
        """Return why nothing leaves on a day: `Christmas Day (ES)`; empty for any other day."""
        if any(day in span for span in self.away or ()):
            return "off for the sender"
        for region in self.holidays or ():
            name = holiday_name(region, day)
            if name is not None:
                return f"{name} ({region})"
        return ""


def _say_days(days: list[date], name: str) -> str:
    first, last = days[0], days[-1]
    if first == last:
        return f"{first:%a %d %b} is {name}"
    return f"{first:%a %d %b} to {last:%a %d %b} are {name}"


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


@lru_cache(maxsize=1_000)
def _spans(hours: str) -> list[tuple[int, int]]:
    """Return begins and ends in milliseconds since midnight, in their order."""
    return sorted(_span(part, hours) for part in hours.split(","))


def _span(part: str, hours: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(part)
    if found is None:
        raise ValueError(f"{hours!r} are no hours; write for instance 09:00-17:00")
    begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
    return (begin_hour * 60 + begin_minute) * MINUTE, (end_hour * 60 + end_minute) * MINUTE


def _offset(at: int, zone: ZoneInfo) -> int:
    """Return how far the clock on the wall is ahead of UTC."""
    return milliseconds(moment(at).astimezone(zone).utcoffset() or timedelta())


def _change_of_offset(before: int, after: int, zone: ZoneInfo) -> int:
    """Return the first instant after `before` at which clocks show another offset.

    The offsets at both instants differ; between them clocks are taken to change once.
    """
    offset = _offset(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after
