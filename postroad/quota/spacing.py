"""Natural spacing: pauses of uneven length between a mailbox's messages."""

from datetime import timedelta
from hashlib import blake2b
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Tag

from postroad.durations import format_duration
from postroad.instants import milliseconds
from postroad.quota.limits import Limit, Period


def _check_order(between: tuple[timedelta, timedelta]) -> tuple[timedelta, timedelta]:
    if between[0] > between[1]:
        raise ValueError("begins with the longer pause; write the shorter one first")
    return between


class Spacing(BaseModel):
    """A message leaves a pause after the one before it; how long is drawn for each anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    between: Annotated[tuple[Period, Period], AfterValidator(_check_order)]
    """The shortest pause, and the longest."""

    def pause_after(self, scope: str, at: int) -> int:
        """Return how long nothing leaves after a message, in milliseconds.

        Drawn from the message's scope and instant: whoever asks, however often, is told the same.

        Args:
            scope: the key of the channel's scope.
            at: when the message left, or its slot.
        """
        shortest, longest = map(milliseconds, self.between)
        drawn = blake2b(f"{scope} {at}".encode(), digest_size=8).digest()
        return shortest + int.from_bytes(drawn) % (longest - shortest + 1)

    def as_limit(self) -> Limit:
        """Return what holds whatever is drawn."""
        return Limit(messages=1, per=self.between[0])

    def in_bulk(self, messages: int) -> "SpacedInBulk":
        """Return what comes to the same on average, for looking far ahead.

        Args:
            messages: how many leave at once then, before a pause as long as all of theirs.
        """
        return SpacedInBulk(
            messages=messages, per=messages * sum(self.between, timedelta()) / 2, spacing=self
        )

    def __str__(self) -> str:
        shortest, longest = map(format_duration, self.between)
        return f"{shortest} to {longest} apart"


class SpacedInBulk(Limit):
    """A limit that stands for many pauses."""

    spacing: Spacing
    is_pause: ClassVar[bool] = True

    def __str__(self) -> str:
        return str(self.spacing)


def _form(value: object) -> str:
    return "word" if isinstance(value, str) else "spacing"


SpacingChoice = Annotated[
    Annotated[Literal["none"], Tag("word")] | Annotated[Spacing, Tag("spacing")],
    Discriminator(_form),
]
"""A channel's spacing: none, or one of its own."""
