"""The models that cross the Temporal boundary: small, versioned by addition only.

A field may be added with a default; it is never renamed, retyped or removed, because running
campaigns replay histories that hold the older form. No message body and no secret belongs here.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Contract(BaseModel):
    """A frozen model; unknown fields are ignored, so that older workers read newer histories."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CampaignState(StrEnum):
    """Where a campaign stands."""

    STAGING = "staging"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class EnrollmentState(StrEnum):
    """Where one person in one campaign stands; all but ACTIVE are ends."""

    ACTIVE = "active"
    FINISHED = "finished"
    REPLIED = "replied"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    FAILED = "failed"
    REMOVED = "removed"


class MessageState(StrEnum):
    """Where one message stands (design: `planned → reserved → sending → sent`, or an end)."""

    PLANNED = "planned"
    RESERVED = "reserved"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"


class ChannelState(StrEnum):
    """Whether a channel may send."""

    ACTIVE = "active"
    PAUSED = "paused"
    UNAUTHORISED = "unauthorised"
    MISCONFIGURED = "misconfigured"


def campaign_workflow_id(campaign_id: str) -> str:
    """Return the id of the workflow that runs a campaign."""
    return f"campaign/{campaign_id}"


def sequence_workflow_id(campaign_id: str, sender: str) -> str:
    """Return the id of the workflow that runs one sender's part of a campaign."""
    return f"sequence/{campaign_id}/{sender}"


def mailbox_workflow_id(channel: str) -> str:
    """Return the id of the workflow that reads a channel's inbox, for all campaigns."""
    return f"mailbox/{channel}"


# --- workflows ------------------------------------------------------------------------------


class CampaignStart(Contract):
    """Input of CampaignWorkflow; the later fields carry a run's state across continue-as-new."""

    campaign_id: str
    name: str = ""
    chunks: int
    """Audience chunks staged in the ledger before the start, numbered from 0."""
    pending_chunks: list[int] | None = None
    """Chunks still to enrol; None at the very start."""
    running: dict[str, str] = Field(default_factory=dict)
    """Sender → first run id of the sequence that works for them."""
    enrolled: int = 0
    rejected: int = 0
    paused: bool = False
    cancelled: bool = False


class CampaignProgress(Contract):
    """Answer of CampaignWorkflow's `progress` query, and its result."""

    campaign_id: str
    state: CampaignState
    enrolled: int
    rejected: int
    chunks_to_enrol: int
    sequences_running: list[str]
    """Senders whose people are still being written to."""


class SequenceStart(Contract):
    """Input of SequenceWorkflow; `waves` and `paused` carry over continue-as-new."""

    campaign_id: str
    sender: str
    waves: int = 0
    """Waves booked so far, so that a wave id is never used twice."""
    paused: bool = False


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


class Steering(Contract):
    """Who steers a campaign and why; argument of the pause, resume and cancel updates."""

    by: str = "operator"
    reason: str = ""


class AddPeople(Contract):
    """Argument of the add_people update: audience chunks that were staged for this campaign."""

    chunks: list[int]
    by: str = "operator"


class PeopleAdded(Contract):
    """Answer of the add_people update."""

    enrolled: int
    rejected: int


class RemovePerson(Contract):
    """Argument of the remove_person update."""

    email: str
    by: str = "operator"


class PersonRemoved(Contract):
    """Answer of the remove_person update."""

    messages_stopped: int


class ChangeStep(Contract):
    """Argument of the change_step update: the new text was staged in the ledger before."""

    step: str
    version: int
    by: str = "operator"


class StepChanged(Contract):
    """Answer of the change_step update."""

    messages_affected: int


class MailboxWatchStart(Contract):
    """Input of MailboxWatchWorkflow; the later fields carry over continue-as-new."""

    channel: str
    checks: list[datetime] = Field(default_factory=list[datetime])
    """When the mailbox is still to be read."""
    read_at: datetime | None = None
    """When it was read last."""


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


# --- activities -----------------------------------------------------------------------------


class SetCampaignState(Contract):
    """Input of set_campaign_state."""

    campaign_id: str
    state: CampaignState
    by: str = ""
    reason: str = ""


class CampaignStateSet(Contract):
    """Result of set_campaign_state."""

    people_stopped: int = 0
    """People whose sequence a cancellation ended."""


class RemoveEnrollment(Contract):
    """Input of remove_person: end one person's sequence."""

    campaign_id: str
    email: str
    by: str


class PublishStepText(Contract):
    """Input of change_step: send a staged version of a step's text from now on."""

    campaign_id: str
    step: str
    version: int
    by: str


class EnrolChunk(Contract):
    """Input of enrol_chunk."""

    campaign_id: str
    chunk: int


class ChunkEnrolled(Contract):
    """Result of enrol_chunk: the same on every retry."""

    enrolled: int
    rejected: int
    senders: list[str]
    """Senders who were given people of this chunk."""


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


class ReadMailbox(Contract):
    """Input of read_mailbox."""

    channel: str


class MailboxRead(Contract):
    """Result of read_mailbox: what is new; numbers only, never whose it is."""

    outcomes: dict[str, int] = Field(default_factory=dict[str, int])
    """Kind of outcome → how many."""
    wake: list[str] = Field(default_factory=list[str])
    """Sequences that have less to do now, as workflow ids."""
    parked: bool = False
    """The channel has to be connected or repaired before its inbox can be read."""
    closed: bool = False
    """There is no such inbox any more."""
