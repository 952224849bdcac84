"""Dates and times that campaign files name by the clock on the wall, or with an offset."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import PlainSerializer, PlainValidator

from postroad.instants import instant

_DATE = re.compile(r"2\d{3}-\d\d-\d\d", re.ASCII)


def parse_local_time(value: object) -> date:
    """Read `2026-12-01`, `2026-12-01 09:00` or `2026-12-01T09:00+01:00`.

    Raises:
        ValueError: it is no such date or time.
    """
    if isinstance(value, date):
        return value
    text = value.strip() if isinstance(value, str) else ""
    try:
        if _DATE.fullmatch(text[:10]):
            return date.fromisoformat(text) if text == text[:10] else datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{value!r} is no date; write for instance 2026-12-01 or 2026-12-01 09:00")


def beginning(of: date, zone: str) -> int:
    """Return the instant at which a date or time begins.

    Args:
        of: a date, or a `datetime`; one without an offset is read in the zone.
        zone: whose clock counts.
    """
    if not isinstance(of, datetime):
        of = datetime.combine(of, time())
    return instant(of if of.tzinfo is not None else of.replace(tzinfo=ZoneInfo(zone)))


def end(of: date, zone: str) -> int:
    """Return the instant at which a date or time is over: a date holds its whole day."""
    if isinstance(of, datetime):
        return beginning(of, zone)
    return beginning(of + timedelta(days=1), zone)


LocalTime = Annotated[
    date,
    PlainValidator(parse_local_time),
    PlainSerializer(lambda of: of.isoformat(), return_type=str),
]
"""A pydantic field that reads a date or a time; a `datetime` stays one."""
