"""What MailboxWatchWorkflow and its activities tell one another."""

from datetime import datetime, timedelta

from pydantic import Field

from postroad.contracts.base import Contract
from postroad.contracts.campaigns import ReviveSequence


class MailboxWatchStart(Contract):
    """Input of MailboxWatchWorkflow; the later fields carry over continue-as-new."""

    channel: str
    checks: list[datetime] = Field(default_factory=list[datetime])
    """When the mailbox is still to be read."""
    read_at: datetime | None = None
    """When it was read last."""
    kind: str = ""
    """The channel's: where the work of reading it waits."""


class MailSent(Contract):
    """Signal to a mailbox's watch: mail left through its channel."""

    at: datetime
    read_after: list[timedelta]
    """How long after it the inbox is to be read, the shortest first."""


class MailboxProgress(Contract):
    """Answer of MailboxWatchWorkflow's `progress` query, and its result."""

    channel: str
    readings: int
    """In this run."""
    outcomes: dict[str, int]
    """What came back in this run, by kind."""
    checks: list[datetime]
    waits_for: str = ""


class ReadMailbox(Contract):
    """Input of read_mailbox."""

    channel: str


class MailboxRead(Contract):
    """Result of read_mailbox: what is new; numbers only, never whose it is."""

    outcomes: dict[str, int] = Field(default_factory=dict[str, int])
    """Kind of outcome → how many."""
    wake: list[str] = Field(default_factory=list[str])
    """Sequences that have less to do now, as workflow ids."""
    revive: list[ReviveSequence] = Field(default_factory=list[ReviveSequence])
    """Sequences that have more to do, though they may have ended."""
    parked: bool = False
    """The channel has to be connected or repaired before its inbox can be read."""
    closed: bool = False
    """There is no such inbox any more."""
