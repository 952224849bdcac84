"""What SequenceWorkflow and its activities tell one another."""

from datetime import datetime

from pydantic import Field

from postroad.contracts.base import Contract


class UnfinishedWave(Contract):
    """A wave that was booked and whose end nobody told: its sequence was lost."""

    channel: str
    kind: str
    wave: int
    messages: int


class SequenceStart(Contract):
    """Input of SequenceWorkflow; `waves` and `paused` carry over continue-as-new."""

    campaign_id: str
    sender: str
    waves: int = 0
    """Waves booked so far, so that a wave id is never used twice."""
    paused: bool = False
    unfinished: list[UnfinishedWave] = Field(default_factory=list[UnfinishedWave])
    """Waves of a sequence that was lost: they are taken up first."""


class SequenceProgress(Contract):
    """Answer of SequenceWorkflow's `progress` query."""

    campaign_id: str
    sender: str
    state: str
    waves: int
    sent: int
    failed: int
    uncertain: int
    waiting: list[str] = Field(default_factory=list)
    """What each channel waits for, in words."""


class SequenceEnded(Contract):
    """Signal from a sequence to its campaign: nothing is left to do for this sender."""

    sender: str
    first_run_id: str


class SelectChannel(Contract):
    """Input of select_channel: one sequence's due messages."""

    campaign_id: str
    sender: str
    at_most: int = 2_000


class ChannelSelected(Contract):
    """How many due messages wait for one channel, and why it was chosen."""

    channel: str
    messages: int
    why: str
    kind: str = ""
    """The channel's: where its work waits."""


class WorkHeld(Contract):
    """Due messages that no channel may take now."""

    messages: int
    reason: str


class ChannelsSelected(Contract):
    """Result of select_channel."""

    channels: list[ChannelSelected]
    held: list[WorkHeld] = Field(default_factory=list)
    more_due: bool = False
    """More messages were due than one call selects."""
    next_due_at: datetime | None = None
    """When the next message that is not yet due falls due."""
    next_due_step: str | None = None
    people_open: bool = False
    """Whether anyone's sequence has not ended."""
    uncertain: int = 0
    """Messages that wait for an operator's decision."""
    people_paused: int = 0
    """People to whom nothing is sent for now."""
    tasks: int = 0
    """Manual tasks and reviews that wait for somebody."""
    paused: str = ""
    """Why the campaign paused itself, which its workflow may not know yet."""


class ReserveQuota(Contract):
    """Input of reserve_quota: book this sequence's next wave on one channel."""

    campaign_id: str
    sender: str
    channel: str
    wave: int
    """Number of the wave within its sequence; a retry with the same number finds its booking."""
    at_most: int = 1_000
    """Limits and connections of the channel usually make a wave smaller."""


class Reservation(Contract):
    """Result of reserve_quota: a wave that may leave now, a time to ask again, or nothing."""

    wave: int
    messages: int = 0
    steps: list[str] = Field(default_factory=list)
    wait_until: datetime | None = None
    reason: str = ""
    """Why the wave has this size or has to wait, for people."""
    more: bool = True
    """Whether messages are left for another wave on this channel."""
    room_left: bool = True
    """Whether that wave could leave at once, as far as the limits are concerned."""
    parked: bool = False
    """Campaign or channel may not send now (paused, unauthorised): wait to be woken."""


class ReleaseQuota(Contract):
    """Input of release_quota: this sequence waits for no channel any more."""

    campaign_id: str
    sender: str


class QuotaReleased(Contract):
    """Result of release_quota: sequences that may now go earlier, as workflow ids."""

    wake: list[str] = Field(default_factory=list)


class SendWave(Contract):
    """Input of send_wave."""

    campaign_id: str
    sender: str
    channel: str
    wave: int


class WaveSent(Contract):
    """Result of send_wave; the counts add up to the wave's messages."""

    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0
    deferred: int = 0
    """Refused for now; due again later."""
    returned: int = 0
    """Not tried: late, paused, or the channel stopped; due again at once."""
    parked: bool = False
    """The channel stopped (authorisation lost, account refused, misconfigured)."""
    words: str = ""
    """What the provider said about the last thing that was not sent."""
