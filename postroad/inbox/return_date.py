"""The day on which somebody is back, as an auto-reply names it.

A date counts only behind a word of returning or lasting (`until`, `zurück am`, `de retour le`):
the first day of an absence must not be taken for its end. `Until 24 June` gives 24 June.
"""

import re
from datetime import date, timedelta
from email.utils import parsedate_to_datetime

from postroad.inbox.return_date_words import (
    BEFORE,
    BEHIND,
    DAY_FIRST_ONLY,
    MONTHS,
    TO,
    TOMORROW,
    WEEKDAYS,
)

_WORDS_MAX = 3_000
_LATEST = timedelta(days=550)
_EARLIEST = timedelta(days=-31)
"""A date before the mail's own is a typing error or the past; one long past is no return."""
_NEAR = 60
"""Characters between the word of returning and its date."""

_NAME = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATES = re.compile(
    r"(?P<y1>20\d\d)[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})(?!\d)"
    r"|(?:(?P<y2>20\d\d) ?[年년] ?)?(?P<m2>\d{1,2}) ?[月월] ?(?P<d2>\d{1,2}) ?[日号號일]?"
    r"|(?<![\d.])(?P<a3>\d{1,2}) ?(?P<s3>[./-]) ?(?P<b3>\d{1,2})(?!\d)(?:\.? ?[./-]? ?(?P<y3>20\d\d|(?<=[./-])\d\d)(?![\d:]))?"
    rf"|(?<!\d)(?P<d4>\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.|-?го)? ?(?:of |de |d'|-|\. ?)?(?P<m4>{_NAME})\w{{0,6}}\.?,? ?(?:de |del |)?(?P<y4>20\d\d)?"
    rf"|\b(?P<m5>{_NAME})\w{{0,6}}\.? (?P<d5>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]),? ?(?P<y5>20\d\d)?",
)
_BEFORE = re.compile(f"(?:{BEFORE})")
_BEHIND = re.compile(f"\\s{{0,3}}(?:{BEHIND})")
_TO = re.compile(f"\\s{{0,3}}(?:{TO})\\s{{0,3}}(?:\\w{{1,12}},? ?)?$")
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})\b")
_TOMORROW = re.compile(TOMORROW)


def find_return_date(words: str, sent: str) -> date | None:
    """Return the day of return that words name.

    Args:
        words: subject and text of the auto-reply.
        sent: its Date header; without one a date needs its year.
    """
    text = " ".join(words[:_WORDS_MAX].lower().split())
    today = _day_of(sent)
    found: list[tuple[int, date]] = []
    end = 0
    for match in _DATES.finditer(text):
        rank = _rank(text, match, end)
        day = _day(match, today, text)
        if day is not None and rank:
            found.append((rank, day))
        end = match.end()
    if found:
        best = max(rank for rank, _ in found)
        return next(day for rank, day in found if rank == best)
    return _relative(text, today)


def _rank(text: str, match: re.Match[str], previous_end: int) -> int:
    """Say how surely a date is the return: 2 beside a word of returning, 1 as the end of a span."""
    before = text[max(0, match.start() - _NEAR, previous_end) : match.start()]
    if _BEFORE.search(before) or _BEHIND.match(text, match.end()):
        return 2
    between = text[previous_end : match.start()]
    return int(previous_end > 0 and len(between) < 20 and _TO.search(between) is not None)


def _day(match: re.Match[str], today: date | None, text: str) -> date | None:
    groups = match.groupdict()
    year, month, day = _numbers(groups, text, today)
    try:
        if year is not None:
            return _plausible(date(year, month, day), today)
        if today is None:
            return None
        candidates = [date(today.year + offset, month, day) for offset in (0, 1)]
    except ValueError:
        return None
    return next((one for one in candidates if one >= today), None)


def _numbers(groups: dict[str, str | None], text: str, today: date | None) -> tuple[int | None, int, int]:
    """Return year, month and day; month 0 where there is none."""
    for key in "12":
        if groups[f"m{key}"]:
            year = groups[f"y{key}"]
            return int(year) if year else None, int(groups[f"m{key}"] or 0), int(groups[f"d{key}"] or 0)
    for key in "45":
        if groups[f"m{key}"]:
            year = groups[f"y{key}"]
            return int(year) if year else None, MONTHS[groups[f"m{key}"] or ""], int(groups[f"d{key}"] or 0)
    first, second = int(groups["a3"] or 0), int(groups["b3"] or 0)
    year = int(groups["y3"]) + (2_000 if len(groups["y3"]) == 2 else 0) if groups["y3"] else None
    day, month = (first, second) if _day_is_first(groups["s3"] or "", text) else (second, first)
    if month > 12 >= day:
        day, month = month, day
    del today
    return year, month, day


def _day_is_first(separator: str, text: str) -> bool:
    """Whether 3/4 is the third of April: everywhere but in English with slashes."""
    return separator != "/" or re.search(DAY_FIRST_ONLY, text) is not None


def _relative(text: str, today: date | None) -> date | None:
    """Read `back tomorrow` and `back on Monday`."""
    if today is None:
        return None
    for cue in _BEFORE.finditer(text):
        near = text[cue.end() : cue.end() + 25]
        if _TOMORROW.search(near):
            return today + timedelta(days=1)
        if found := _WEEKDAY.search(near):
            ahead = (WEEKDAYS[found[0]] - today.weekday() - 1) % 7 + 1
            return today + timedelta(days=ahead)
    return None


def _plausible(day: date, today: date | None) -> date | None:
    if today is not None and not _EARLIEST <= day - today <= _LATEST:
        return None
    return day


def _day_of(sent: str) -> date | None:
    try:
        return parsedate_to_datetime(sent).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
