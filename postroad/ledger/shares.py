"""Shares of what was sent, with how sure one may be of them."""

import math

from pydantic import BaseModel, ConfigDict

_Z = 1.96
"""The normal distribution's 97.5th percentile: intervals hold the true rate 95 times in 100."""


class Share(BaseModel):
    """A share of messages, and between what its true value probably is."""

    model_config = ConfigDict(frozen=True)

    part: int
    whole: int
    low: float
    high: float


def share(part: int, whole: int) -> Share:
    """Return a share with Wilson's score interval, which stays honest for few messages."""
    if not whole:
        return Share(part=part, whole=0, low=0.0, high=1.0)
    rate, z2 = min(part / whole, 1.0), _Z * _Z
    middle = (rate + z2 / (2 * whole)) / (1 + z2 / whole)
    spread = math.sqrt(rate * (1 - rate) / whole + z2 / (4 * whole * whole))
    around = _Z * spread / (1 + z2 / whole)
    return Share(part=part, whole=whole, low=max(middle - around, 0), high=min(middle + around, 1))
