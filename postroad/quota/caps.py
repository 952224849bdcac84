"""Caps: how much one person, one recipient domain and one company get at most.

There are as many of them as there are recipients, so nobody queues for one: a message that a cap
keeps from leaving is due again when there is room, and nothing behind it has to wait.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from postroad.quota.allocation import WAVE_SPAN, Pace, first_slot
from postroad.quota.decision import ASK_AGAIN, LEAD
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope
from postroad.quota.window import NEVER, Charge

_SHORTEST = timedelta(minutes=1)


def _none_if_off(value: object) -> object:
    return None if value == "off" else value


def _check_period(cap: Limit | None) -> Limit | None:
    if cap is not None and cap.per < _SHORTEST:
        raise ValueError("counts over less than a minute; write for instance per: 1d")
    return cap


CapChoice = Annotated[Limit | None, BeforeValidator(_none_if_off), AfterValidator(_check_period)]
"""A pydantic field that reads `{messages: 1, per: 1d}` or `off`."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The caps of an organisation."""

    person: Limit | None = None
    """On the mail of other campaigns: how often a campaign writes itself, its own waits say."""
    domain: Limit | None = None
    """On the mail to any recipient domain that is not named."""
    company: Limit | None = None
    named: frozenset[str] = frozenset()
    """Recipient domains with limits of their own."""

    def __bool__(self) -> bool:
        """Whether there is any."""
        return any((self.person, self.domain, self.company))


NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Later:
    """A message that a cap keeps from leaving now."""

    at: int
    """When there is room for it."""
    cap: str
    """Whose cap it is: the name of its scope."""
    limit: Limit | None

    @property
    def why(self) -> str:
        """Say which cap it is."""
        return f"{self.cap} gets at most {self.limit}"


def kept_back(
    wanted: Mapping[int, Sequence[str]], scopes: Mapping[str, Scope], now: int, tolerance: int
) -> dict[int, Later]:
    """Return the messages that may not leave with a wave that is booked now.

    All others may be given any slot of that wave together. Each that is kept back is told the
    instant at which there is room for it, if everything before it leaves as soon as it may.

    Args:
        wanted: messages in their order, and the keys of the capped scopes each falls in.
        scopes: these scopes, with what is charged to them; they are charged further.
        now: the instant of asking.
        tolerance: how long after its slot a message may leave.
    """
    pace = Pace(now, LEAD + WAVE_SPAN + tolerance)
    later: dict[int, Later] = {}
    for message, keys in wanted.items():
        own = [scopes[key] for key in keys]
        at, obstacle = first_slot(own, pace)
        if at < NEVER:
            for scope in own:
                scope.charge(Charge(at, at + tolerance), guessed=True)
        else:
            at = now + ASK_AGAIN
        if obstacle is not None:
            later[message] = Later(at, obstacle.scope, obstacle.limit)
    return later
