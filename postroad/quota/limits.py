"""Limits: at most N messages per rolling period in a scope."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator

from postroad.durations import Duration, format_duration
from postroad.instants import milliseconds


class Limit(BaseModel):
    """At most `messages` in any period of length `per`, measured at the provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: int = Field(ge=1)
    per: Duration

    @field_validator("per")
    @classmethod
    def _has_length(cls, per: timedelta) -> timedelta:
        if not timedelta(milliseconds=100) <= per <= timedelta(days=62):
            raise ValueError("must be between 100ms and 62 days")
        return per

    @property
    def per_ms(self) -> int:
        """The period in milliseconds."""
        return milliseconds(self.per)

    def __str__(self) -> str:
        return f"{self.messages:,} per {format_duration(self.per)}"


class Throttle(BaseModel):
    """The organisation's pace: `batch` messages, then a pause, `every` so often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int = Field(ge=1)
    every: Duration

    def as_limit(self) -> Limit:
        """A throttle is a limit: never more than a batch in any period."""
        return Limit(messages=self.batch, per=self.every)
