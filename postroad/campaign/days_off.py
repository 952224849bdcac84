"""Days on which a sender's people get nothing: public holidays, and when the sender is away."""

import re
from datetime import date
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from postroad.campaign.public_holidays import Regions

_SPAN = re.compile(r"(2\d{3}-\d\d-\d\d)(?:\s*\.\.\s*(2\d{3}-\d\d-\d\d))?", re.ASCII)
_MOST_DAYS = 366
_MOST_SPANS = 50


class DateSpan(NamedTuple):
    """Days from one date to another, both included."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        """Whether a day is one of them."""
        return isinstance(day, date) and self.first <= day <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


def parse_span(value: object) -> DateSpan:
    """Read `2026-12-24..2027-01-02`, or `2026-12-24` for one day.

    Raises:
        ValueError: it names no days; the message says how to write them.
    """
    if isinstance(value, DateSpan):
        return value
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        span = found and DateSpan(*(date.fromisoformat(day or found[1]) for day in found.groups()))
    except ValueError:
        span = None
    if span is None:
        raise ValueError(f"{value!r} are no days; write for instance 2026-12-24..2027-01-02")
    if not 0 <= (span.last - span.first).days < _MOST_DAYS:
        raise ValueError(f"{span} must begin before it ends, within a year")
    return span


Spans = list[Annotated[DateSpan, PlainValidator(parse_span), PlainSerializer(str, return_type=str)]]
Away = Annotated[Spans, Field(max_length=_MOST_SPANS)]
"""A pydantic field that reads `[2026-12-24..2027-01-02, 2027-02-15]`."""


class DaysOff(BaseModel):
    """What holds for a sender's people where a step's window says nothing else."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    holidays: Regions | None = None
    """Where public holidays are taken from."""
    away: Spans = []
    """Days on which the sender does not work, or nobody does."""
