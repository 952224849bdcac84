"""What CampaignWorkflow, its starters and its activities tell one another."""

from pydantic import Field

from postroad.contracts.base import Contract
from postroad.contracts.sequences import UnfinishedWave
from postroad.contracts.states import CampaignState


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


class Steering(Contract):
    """Who steers a campaign and why; argument of the pause, resume and cancel updates."""

    by: str = "operator"
    reason: str = ""


class LostSequence(Contract):
    """A sequence whose people are still to be written to, and whose workflow is gone."""

    sender: str
    waves: int
    """Waves it had booked."""
    unfinished: list[UnfinishedWave]


class ReviveSequences(Contract):
    """Argument of the revive update: Temporal lost what the ledger says should be running."""

    sequences: list[LostSequence]
    by: str = "operator"


class ReviveSequence(Contract):
    """Input of revive_sequence: somebody's sequence has to go on."""

    campaign_id: str
    sender: str
    reason: str


class SequenceRevived(Contract):
    """Result of revive_sequence."""

    started: bool
    """Whether its workflow had ended, and was started again."""


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


class AdvancePerson(Contract):
    """Argument of the advance_person update: what they wait for is due now."""

    email: str
    by: str = "operator"


class PersonAdvanced(Contract):
    """Answer of the advance_person update."""

    step: str
    """What is due now."""
    workflow_id: str
    """The sequence that sends it."""


class SettleTask(Contract):
    """Argument of the settle_task update: somebody did a task, or says that nobody needs to."""

    task: int
    """Row id of the task's message."""
    done: bool = True
    """False where it is skipped."""
    note: str = Field(default="", max_length=1_000)
    by: str = "operator"


class TaskSettled(Contract):
    """Answer of the settle_task update."""

    step: str
    workflow_id: str
    """The sequence that goes on."""


class ReplaceSender(Contract):
    """Argument of the replace_sender update: somebody else writes to a sender's people."""

    sender: str
    replacement: str
    by: str = "operator"


class SenderReplaced(Contract):
    """Answer of the replace_sender update."""

    people: int


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


class AdvanceEnrollment(Contract):
    """Input of advance_person."""

    campaign_id: str
    email: str
    by: str


class SettleOpenTask(Contract):
    """Input of settle_task."""

    campaign_id: str
    task: int
    done: bool
    note: str
    by: str


class HandOver(Contract):
    """Input of hand_over: give one sender's open people to another."""

    campaign_id: str
    sender: str
    replacement: str
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
