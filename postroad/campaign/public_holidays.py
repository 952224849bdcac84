"""Public holidays of countries and their parts, by the `holidays` package."""

from datetime import date
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator


def holiday_name(region: str, day: date) -> str | None:
    """Return what a day's public holiday is called; None where it is a working day.

    Args:
        region: an ISO 3166 code: `ES`, or `US-CA` for a part of a country.
        day: the day, in that region.
    """
    return _calendar(region).get(day)


@lru_cache(maxsize=100)
def _calendar(region: str) -> dict[date, str]:
    """Return a calendar that works out each year when it is first asked about."""
    from holidays import country_holidays  # noqa: PLC0415 - slow, and seldom needed

    country, _, part = region.partition("-")
    return country_holidays(country, subdiv=part or None)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _check_region(code: str) -> str:
    region = code.strip().upper()
    try:
        _calendar(region)
    except (NotImplementedError, ValueError):
        raise ValueError(
            f"{code!r} has no known public holidays; write a country as ES, a part of it as US-CA"
        ) from None
    return region


Regions = Annotated[list[Annotated[str, AfterValidator(_check_region)]], BeforeValidator(_as_list)]
"""A pydantic field that reads `ES` or `[ES, US-CA]`."""
