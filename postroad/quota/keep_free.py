"""The share of long limits that is kept for mail that a person waits for."""

import re
from typing import Annotated

from pydantic import BeforeValidator

USUAL_SHARE = 0.05
_PERCENT = re.compile(r"(\d{1,2}(?:\.\d+)?)\s*%", re.ASCII)
_MOST = 0.9


def parse_share(value: object) -> float:
    """Read `10%`, or a share that was stored as a number.

    Raises:
        ValueError: it is no share; the message says how to write one.
    """
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    share = float(found[1]) / 100 if found else value
    if isinstance(share, float) and 0 <= share <= _MOST:
        return share
    raise ValueError(f"{value!r} is no share; write 0% to {_MOST:.0%}, for instance 10%")


Share = Annotated[float, BeforeValidator(parse_share)]
"""A pydantic field that reads `10%`."""
