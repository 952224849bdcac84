"""Warm-up: a mailbox's daily limit begins low and grows, so that providers learn to trust it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from postroad.durations import Duration, format_duration
from postroad.instants import instant, milliseconds
from postroad.quota.limits import Limit

_A_DAY = timedelta(days=1)


def _check_every(every: timedelta) -> timedelta:
    if not timedelta(hours=1) <= every <= timedelta(days=31):
        raise ValueError("must be between 1h and 31 days")
    return every


class WarmUp(BaseModel):
    """At most `start` messages a day at first, `add` more each time, in the end `up_to`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: int = Field(ge=1)
    add: int = Field(ge=1)
    every: Annotated[Duration, AfterValidator(_check_every)] = _A_DAY
    up_to: int = Field(ge=1)
    since: date
    """The first day, by UTC."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.up_to < self.start:
            raise ValueError("up_to is less than start")
        return self

    def as_limit(self) -> "GrowingLimit":
        """Return the limit that holds from the first day on."""
        return GrowingLimit(messages=self.up_to, per=_A_DAY, warm_up=self)

    def messages_at(self, at: int) -> int:
        """Return how many messages a day may leave at an instant."""
        return min(self.start + self.add * self._stage(at), self.up_to)

    def grows_at(self, at: int) -> int | None:
        """Return when more may leave for the next time; None where nothing more is to come."""
        if self.messages_at(at) == self.up_to:
            return None
        return self._begins + (self._stage(at) + 1) * milliseconds(self.every)

    @property
    def _begins(self) -> int:
        return instant(datetime.combine(self.since, time(), UTC))

    def _stage(self, at: int) -> int:
        return max((at - self._begins) // milliseconds(self.every), 0)


class GrowingLimit(Limit):
    """A limit that is not at its height yet."""

    warm_up: WarmUp

    def messages_at(self, at: int) -> int:
        """Return how many messages the limit allows at an instant."""
        return self.warm_up.messages_at(at)

    def grows_at(self, at: int) -> int | None:
        """Return when it allows more; None where it never does."""
        return self.warm_up.grows_at(at)

    def __str__(self) -> str:
        warm_up = self.warm_up
        every = format_duration(warm_up.every)
        return f"warm-up, {warm_up.add} more every {every}, up to {super().__str__()}"
