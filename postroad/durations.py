"""Durations as people write them in files: `45s`, `1m`, `3 days`, `1h30m`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
_NAMES = re.compile(r"ms|s|m|h|d|w")
_LONG = {
    "millisecond": "ms", "second": "s", "sec": "s", "minute": "m", "min": "m",
    "hour": "h", "hr": "h", "day": "d", "week": "w",
}  # fmt: skip


def parse_duration(text: object) -> timedelta:
    """Read a duration.

    Raises:
        ValueError: the text is no duration; the message says how to write one.
    """
    if isinstance(text, timedelta):
        return text
    if isinstance(text, str):
        lowered = text.strip().lower()
        parts = _PART.findall(lowered)
        if parts and not _PART.sub("", lowered).strip(" ,"):
            seconds = sum(float(n) * _seconds(unit, text) for n, unit in parts)
            try:
                return timedelta(seconds=seconds)
            except OverflowError:
                raise ValueError(f"{text!r} is too long") from None
    raise ValueError(f"{text!r} is no duration; write for instance 45s, 10m, 2h or 3 days")


def format_duration(span: timedelta) -> str:
    """Return the shortest exact form: `45s`, `1m30s`, `3d`."""
    rest = round(span.total_seconds() * 1_000)
    parts: list[str] = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, round(_UNITS[unit] * 1_000))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _seconds(unit: str, text: str) -> float:
    short = unit if _NAMES.fullmatch(unit) else _LONG.get(unit.removesuffix("s"))
    if short is None:
        raise ValueError(f"{text!r} has no unit {unit!r}; use s, m, h or days")
    return _UNITS[short]


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
]
"""A pydantic field that reads `45s` or `3 days` and writes the short form back."""
