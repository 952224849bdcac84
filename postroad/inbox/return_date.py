"""The day on which somebody is back, as an auto-reply names it.

A date counts only beside a word of returning or lasting (`until`, `zurück am`, `de retour le`),
or as the end of a span: the first day of an absence must not be taken for its last. `Until 24
June` gives 24 June, though some are back only the day after.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

from postroad.inbox.phrases.return_dates import (
    BEFORE,
    BEHIND,
    DAY_FIRST,
    MONTHS,
    NEXT_WEEK,
    TO,
    TOMORROW,
    WEEKDAYS,
)

_WORDS_MAX = 3_000
_MONDAY = 0
_YEARS_OF_MAIL = range(1970, 2200)
_NEAR = 60
"""Characters between a word of returning and its date."""
_LATEST = timedelta(days=550)
_EARLIEST = timedelta(days=-31)
"""What lies further off is no return: a typing error, or a date of something else."""

_MONTH = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})[^\W\d_]{{0,9}}\.?"
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})\b")
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?<!\d)(?P<y>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)",
        r"(?:(?P<y>20\d\d) ?[年년] ?)?(?P<m>\d{1,2}) ?[月월] ?(?P<d>\d{1,2}) ?[日号號일]?",
        r"(?<![\d.:])(?P<d>\d{1,2})(?P<sep>[./-]) ?(?P<m>\d{1,2})(?![\d:])"
        r"(?:[./-] ?(?P<y>20\d\d|\d\d)(?![\d:])|\.| (?P<y2>20\d\d))?",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|ª|°|\.|-?го)? ?(?:of |de |d'|-)?{_MONTH}"
        rf",? ?(?:de |del )?(?P<y>20\d\d)?",
        rf"\b{_MONTH} (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]),? ?(?P<y>20\d\d)?",
    )
)
"""How dates are written; a form that says more comes before one that could misread it."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A day that a text names, and where."""

    start: int
    end: int
    day: date


def find_return_date(words: str, sent: str) -> date | None:
    """Return the day of return that words name.

    Args:
        words: subject and text of the auto-reply.
        sent: its Date header; without one a date needs its year.
    """
    text = " ".join(words[:_WORDS_MAX].lower().split())
    today = _day_of(sent)
    named = sorted(_named_days(text, today), key=lambda one: one.start)
    beside = [one.day for one in named if _is_beside_return(text, one)]
    ending = [
        after.day
        for before, after in pairwise(named)
        if TO.fullmatch(text[before.end : after.start].strip())
    ]
    return next(iter(beside + ending), None) or _relative_day(text, today)


def _named_days(text: str, today: date | None) -> Iterator[_Named]:
    taken: list[range] = []
    for form in _FORMS:
        for found in form.finditer(text):
            if any(found.start() in span or found.end() - 1 in span for span in taken):
                continue
            taken.append(range(*found.span()))
            if day := _day(found.groupdict(), text, today):
                yield _Named(found.start(), found.end(), day)


def _is_beside_return(text: str, named: _Named) -> bool:
    """Whether a word of returning stands before a date, in its sentence, or right behind it."""
    before = text[max(0, named.start - _NEAR) : named.start]
    sentence = re.split(r"[.!?。] |\d[.)]? [a-z]{0,4} ?[-–—] ?$", before)[-1]
    return bool(
        BEFORE.search(sentence) or BEHIND.match(text[named.end : named.end + _NEAR].lstrip())
    )


def _day(groups: dict[str, str | None], text: str, today: date | None) -> date | None:
    """Return the day that a match means; the next one of its kind where it has no year."""
    month = groups.get("month")
    number, day = MONTHS[month] if month else int(groups["m"] or 0), int(groups["d"] or 0)
    if groups.get("sep") and (number > 12 or (groups["sep"] == "/" and not DAY_FIRST.search(text))):
        number, day = (day, number) if day <= 12 else (number, day)
    year = groups.get("y") or groups.get("y2")
    try:
        if year:
            return _plausible(date(int(year) + (2000 if len(year) == 2 else 0), number, day), today)
        years = [today.year, today.year + 1] if today else []
        return next((one for y in years if today and (one := date(y, number, day)) >= today), None)
    except ValueError:
        return None


def _plausible(day: date, today: date | None) -> date | None:
    return day if today is None or _EARLIEST <= day - today <= _LATEST else None


def _relative_day(text: str, today: date | None) -> date | None:
    """Read `back tomorrow`, `back on Monday` and `back next week`, which begins on Monday."""
    if today is None:
        return None
    for cue in BEFORE.finditer(text):
        near = text[cue.end() : cue.end() + 25]
        if TOMORROW.search(near):
            return today + timedelta(days=1)
        if found := _WEEKDAY.search(near):
            return _next(WEEKDAYS[found[0]], today)
        if NEXT_WEEK.search(near):
            return _next(_MONDAY, today)
    return None


def _next(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _day_of(sent: str) -> date | None:
    try:
        day = parsedate_to_datetime(sent).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return day if day.year in _YEARS_OF_MAIL else None
