"""Waits between steps: elapsed time (`3 days`, `4h`) or business days (`3 business days`)."""

import re
from datetime import timedelta
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from postroad.durations import format_duration, parse_duration

_LONGEST = timedelta(days=366)
_MOST_BUSINESS_DAYS = 260
_BUSINESS_DAYS = re.compile(r"\s*(\d+)\s*business\s+days?\s*", re.ASCII | re.IGNORECASE)


class BusinessDays(NamedTuple):
    """So many working days, to the same time of day."""

    days: int

    def __str__(self) -> str:
        return "1 business day" if self.days == 1 else f"{self.days} business days"


def parse_wait(text: object) -> timedelta | BusinessDays:
    """Read a wait.

    Raises:
        ValueError: the text is none; the message says how to write one.
    """
    if isinstance(text, BusinessDays):
        return text
    found = _BUSINESS_DAYS.fullmatch(text) if isinstance(text, str) else None
    return parse_duration(text) if found is None else BusinessDays(int(found[1]))


def format_wait(wait: timedelta | BusinessDays) -> str:
    """Return the form in which files hold a wait: `3d`, `3 business days`."""
    return str(wait) if isinstance(wait, BusinessDays) else format_duration(wait)


def _check(wait: timedelta | BusinessDays) -> timedelta | BusinessDays:
    if isinstance(wait, BusinessDays):
        if wait.days > _MOST_BUSINESS_DAYS:
            raise ValueError(f"must be at most {_MOST_BUSINESS_DAYS} business days")
    elif wait > _LONGEST:
        raise ValueError(f"must be at most {_LONGEST.days} days")
    return wait


Wait = Annotated[
    timedelta | BusinessDays,
    BeforeValidator(parse_wait),
    AfterValidator(_check),
    PlainSerializer(format_wait, return_type=str),
]
"""A pydantic field that reads a wait and writes the short form back."""
