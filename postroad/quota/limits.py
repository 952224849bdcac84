"""Limits: at most N messages per rolling period in a scope."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from postroad.durations import Duration, format_duration
from postroad.instants import milliseconds


def _check_period(period: timedelta) -> timedelta:
    if not timedelta(milliseconds=100) <= period <= timedelta(days=62):
        raise ValueError("must be between 100ms and 62 days")
    return period


Period = Annotated[Duration, AfterValidator(_check_period)]


class Limit(BaseModel):
    """At most `messages` in any period of length `per`, measured at the provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: int = Field(ge=1)
    per: Period
    is_pause: ClassVar[bool] = False
    """Whether it stands for pauses, of which nothing can be kept free."""

    @property
    def per_ms(self) -> int:
        """The period in milliseconds."""
        return milliseconds(self.per)

    def messages_at(self, at: int) -> int:  # noqa: ARG002 - others grow
        """Return how many messages the limit allows at an instant."""
        return self.messages

    def grows_at(self, at: int) -> int | None:  # noqa: ARG002 - others grow
        """Return when it allows more; None where it never does."""
        return None

    def as_of(self, at: int) -> str:
        """Say the limit, and how much of it is allowed so far."""
        return str(self) if self.grows_at(at) is None else f"{self} ({self.messages_at(at):,} now)"

    def __str__(self) -> str:
        return f"{self.messages:,} per {format_duration(self.per)}"


class Throttle(BaseModel):
    """The organisation's pace: `batch` messages, then a pause, `every` so often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int = Field(ge=1)
    every: Period

    def as_limit(self) -> Limit:
        """A throttle is a limit: never more than a batch in any period."""
        return Limit(messages=self.batch, per=self.every)


def _throttle_form(value: object) -> str:
    return "word" if isinstance(value, str) else "throttle"


ThrottleChoice = Annotated[
    Annotated[Literal["inherit", "none"], Tag("word")] | Annotated[Throttle, Tag("throttle")],
    Discriminator(_throttle_form),
]
"""A channel's throttle: the organisation's, none whatever its kind, or one of its own."""
