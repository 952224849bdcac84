"""Things that go wrong on purpose, in any phase of an SMTP dialogue or an HTTP request."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from postroad.durations import Duration

FaultPhase = Literal[
    "banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "content", "end", "accepted",
    "token", "request", "drafted", "send",
]  # fmt: skip
"""SMTP: `content` is in the middle of it, `end` after its last byte but before the message counts
as accepted, `accepted` after that but before the reply. HTTP: `token` is a request to the token
endpoint, `request` any other, `drafted` one that has made a draft and was not answered yet,
`send` one that sends, `accepted` as with SMTP."""


class Fault(BaseModel):
    """One thing that goes wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phase: FaultPhase
    action: Literal["drop", "delay", "reply", "truncate"]
    """Drop the connection; wait and go on; answer something else (and close after a 421); or
    send half an answer and drop the connection."""
    provider: str | None = None
    """None strikes whichever provider comes first."""
    skip: int = Field(default=0, ge=0)
    """How often the phase passes unharmed before."""
    times: int | None = Field(default=1, ge=1)
    """How often it strikes; None means always."""
    delay: Duration = timedelta(0)
    reply: str = ""
    """SMTP: the line that is answered. HTTP: the body."""
    status: int | None = Field(default=None, ge=200, le=599)
    """HTTP: the status that is answered."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP: the headers that are answered, for instance Retry-After."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.phase == "content" and self.action != "drop":
            raise ValueError("in the middle of the content a connection can only drop")
        if self.action == "reply" and not self.reply and self.status is None:
            raise ValueError("reply is missing: what should be answered?")
        return self


class Revocation(BaseModel):
    """A person, or an administrator, takes back the consent to use a mailbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mailbox: str
    """Its address; every token that any provider gave out for it is void."""


class FaultBook:
    """The faults still to come, for all providers of a sandbox."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def add(self, fault: Fault) -> None:
        """Let this go wrong from now on."""
        self._entries.append(_Entry(fault))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._entries.clear()

    def take(self, provider: str, phase: FaultPhase) -> Fault | None:
        """Return what goes wrong at this moment; it is then used up once."""
        for entry in self._entries:
            fault = entry.fault
            if fault.phase == phase and fault.provider in (None, provider) and entry.strikes():
                return fault
        return None


class _Entry:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._passes = 0

    def strikes(self) -> bool:
        self._passes += 1
        struck_before = self._passes - 1 - self.fault.skip
        times = self.fault.times
        return struck_before >= 0 and (times is None or struck_before < times)
