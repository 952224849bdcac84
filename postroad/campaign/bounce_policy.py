"""What bounces lead to: retries, giving up, and campaigns and channels that pause themselves."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from postroad.durations import Duration

NOT_RETRIED = frozenset({"spam", "policy", "content", "message_size"})
"""Reasons for which the same text would be refused again; the next step has another."""

_DAY = timedelta(days=1)
_LONGEST = 30 * _DAY


def _check_pause(pause: timedelta) -> timedelta:
    if not timedelta(0) < pause <= _LONGEST:
        raise ValueError(f"must be more than 0 and at most {_LONGEST.days} days")
    return pause


Pauses = Annotated[list[Annotated[Duration, AfterValidator(_check_pause)]], Field(max_length=20)]


class SoftBounces(BaseModel):
    """What becomes of a message that was not delivered for a reason that may pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    retry_after: Pauses = [timedelta(hours=4), _DAY, 3 * _DAY]
    """How long after each bounce the message is sent again; after the last, the next step is."""
    mailbox_full: Pauses = [_DAY, 3 * _DAY, 7 * _DAY]
    """The same for mailboxes that are full, which people empty after days."""
    give_up_after: int = Field(default=5, ge=1, le=100)
    """After so many soft bounces in a row a person gets no more mail."""

    def pause(self, reason: str | None, retries: int) -> timedelta | None:
        """Return how long to wait before a message is sent again; None where it is not.

        Args:
            reason: why it was not delivered.
            retries: how often it has been sent again already.
        """
        if reason in NOT_RETRIED:
            return None
        ladder = self.mailbox_full if reason == "mailbox_full" else self.retry_after
        return ladder[retries] if retries < len(ladder) else None


class BounceRate(BaseModel):
    """When a campaign or a channel pauses itself for its hard bounces."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    percent: float = Field(default=5.0, gt=0, le=100)
    over: int = Field(default=50, ge=10, le=100_000)
    """Mails that must have been sent before the rate counts."""
    canary: int = Field(default=20, ge=1, le=1_000)
    """How many mails leave first when it is resumed."""
    canary_wait: Annotated[Duration, AfterValidator(_check_pause)] = timedelta(minutes=30)
    """How long their bounces are waited for."""

    def is_passed(self, sent: int, bounced: int) -> bool:
        """Whether so many hard bounces are too many for so many mails."""
        return sent >= self.over and 100 * bounced > self.percent * sent

    def kills_canary(self, bounced: int) -> bool:
        """Whether the canary's hard bounces are too many: twice the rate, and more than chance."""
        return bounced > max(1.0, 2 * self.percent / 100 * self.canary)
