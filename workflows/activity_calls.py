"""Every activity a workflow calls, with its timeouts and retry policy beside it.

Activities are called by name: importing their code would drag databases and network libraries
into the workflow sandbox. tests/workflows checks these calls against the real activities.
"""

from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy

from postroad.contracts import (
    AdvanceEnrollment,
    CampaignStateSet,
    ChannelsSelected,
    ChunkEnrolled,
    Contract,
    DeliverEvents,
    EnrolChunk,
    EventsDelivered,
    HandOver,
    InsertStep,
    MailboxRead,
    PauseEnrollment,
    PersonAdvanced,
    PersonPaused,
    PersonRemoved,
    PersonResumed,
    PublishStepText,
    QuotaReleased,
    ReadMailbox,
    ReleaseQuota,
    RemoveEnrollment,
    Reservation,
    ReserveQuota,
    ResumeEnrollment,
    ReviveSequence,
    SelectChannel,
    SenderReplaced,
    SendWave,
    SequenceRevived,
    SetCampaignState,
    SettleOpenTask,
    StepChanged,
    StepInserted,
    StepRemoved,
    TakeOutStep,
    TaskSettled,
    WaveSent,
    channel_task_queue,
)

Result = TypeVar("Result", bound=Contract)

_LEDGER = workflow.ActivityConfig(
    # Also how soon a killed worker's transaction is tried again: it cannot heartbeat.
    start_to_close_timeout=timedelta(seconds=8),
    # The ledger comes back sooner or later: nothing is given up because it was away.
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        maximum_interval=timedelta(seconds=10),
    ),
)
"""One short transaction."""

_TEMPORAL = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    # What is just ending can be started again a moment later.
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(minutes=1),
    ),
)
"""Asking Temporal itself for something."""

_LISTENING = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=timedelta(seconds=15),
    # What a listener refuses is waited for by the workflow; this is for workers that die.
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(minutes=1),
    ),
)
"""Following the live feed for as long as it lasts."""

_LONG_LEDGER = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=timedelta(seconds=8),
    retry_policy=_LEDGER["retry_policy"],
)
"""Many short transactions, each reported by a heartbeat."""

_WAVE = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(hours=1),
    # How soon a killed worker's wave is taken up by another.
    heartbeat_timeout=timedelta(seconds=5),
    # A wave is taken up again from the ledger, so that retrying it repeats nothing.
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        maximum_interval=timedelta(seconds=10),
    ),
)
"""Sending over the network, for as long as the slots of a wave are apart."""

_READING = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(hours=1),
    heartbeat_timeout=timedelta(seconds=10),
    # A mailbox that cannot be read now is read later; every page is kept as it is read.
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(minutes=10),
    ),
)
"""Reading over the network, for as long as there is something new."""


async def set_campaign_state(request: SetCampaignState) -> CampaignStateSet:
    """Record where the campaign stands; cancelling also ends its people."""
    summary = f"{request.state}{_by(request.by)}"
    return await _call("set_campaign_state", request, CampaignStateSet, _LONG_LEDGER, summary)


async def enrol_chunk(request: EnrolChunk) -> ChunkEnrolled:
    """Turn one staged part of the audience into enrollments and planned messages."""
    summary = f"Enrol part {request.chunk + 1} of the audience"
    return await _call("enrol_chunk", request, ChunkEnrolled, _LEDGER, summary)


async def remove_person(request: RemoveEnrollment) -> PersonRemoved:
    """End one person's sequence."""
    summary = f"Remove a person{_by(request.by)}"
    return await _call("remove_person", request, PersonRemoved, _LEDGER, summary)


async def advance_person(request: AdvanceEnrollment) -> PersonAdvanced:
    """Let what a person waits for be due now."""
    summary = f"Let a person's next step be due now{_by(request.by)}"
    return await _call("advance_person", request, PersonAdvanced, _LEDGER, summary)


async def pause_person(request: PauseEnrollment) -> PersonPaused:
    """Hold back what would leave to a person."""
    summary = f"Pause a person{_by(request.by)}"
    return await _call("pause_person", request, PersonPaused, _LEDGER, summary)


async def resume_person(request: ResumeEnrollment) -> PersonResumed:
    """Let a person who was paused go on."""
    summary = f"Resume a person{_by(request.by)}"
    return await _call("resume_person", request, PersonResumed, _LEDGER, summary)


async def settle_task(request: SettleOpenTask) -> TaskSettled:
    """Note that a task was done or is skipped."""
    summary = f"Task {request.task} {'done' if request.done else 'skipped'}{_by(request.by)}"
    return await _call("settle_task", request, TaskSettled, _LEDGER, summary)


async def hand_over(request: HandOver) -> SenderReplaced:
    """Give one sender's open people to another."""
    summary = f"{request.replacement} takes over from {request.sender}{_by(request.by)}"
    return await _call("hand_over", request, SenderReplaced, _LEDGER, summary)


async def change_step(request: PublishStepText) -> StepChanged:
    """Send another version of a step's text from now on."""
    summary = f"Step {request.step}: text version {request.version}{_by(request.by)}"
    return await _call("change_step", request, StepChanged, _LONG_LEDGER, summary)


async def add_step(request: InsertStep) -> StepInserted:
    """Add a step at the end of a campaign."""
    summary = f"Step {request.step} is added{_by(request.by)}"
    return await _call("add_step", request, StepInserted, _LONG_LEDGER, summary)


async def remove_step(request: TakeOutStep) -> StepRemoved:
    """Take a step out of a campaign."""
    summary = f"Step {request.step} is removed{_by(request.by)}"
    return await _call("remove_step", request, StepRemoved, _LONG_LEDGER, summary)


async def deliver_events(request: DeliverEvents) -> EventsDelivered:
    """Post events to a webhook as they happen, until it refuses one or an hour has passed."""
    summary = f"Tell {request.webhook} what happens"
    return await _call("deliver_events", request, EventsDelivered, _LISTENING, summary)


async def revive_sequence(request: ReviveSequence) -> SequenceRevived:
    """Wake a sequence, or start it again where it has ended."""
    summary = f"{request.sender} has more to do: {request.reason}"
    return await _call("revive_sequence", request, SequenceRevived, _TEMPORAL, summary)


async def select_channel(request: SelectChannel) -> ChannelsSelected:
    """Give the sequence's due messages their channel and say what is due next."""
    summary = "What is due, and through which channel?"
    return await _call("select_channel", request, ChannelsSelected, _LEDGER, summary)


async def reserve_quota(request: ReserveQuota) -> Reservation:
    """Book the sequence's next wave on one channel, or learn when to ask again."""
    summary = f"Wave {request.wave}: may it leave by {request.channel}?"
    return await _call("reserve_quota", request, Reservation, _LEDGER, summary)


async def release_quota(request: ReleaseQuota) -> QuotaReleased:
    """Leave every queue for a channel, and learn who may go earlier for it."""
    summary = "Give back the places in the queues"
    return await _call("release_quota", request, QuotaReleased, _LEDGER, summary)


async def send_wave(request: SendWave, kind: str, what: str) -> WaveSent:
    """Send a booked wave.

    Args:
        request: which wave.
        kind: the channel's.
        what: what is in it, for people.
    """
    summary = f"Wave {request.wave}: {what} by {request.channel}"
    return await _call("send_wave", request, WaveSent, _at_channel(_WAVE, kind), summary)


async def read_mailbox(request: ReadMailbox, kind: str) -> MailboxRead:
    """Read what came back to the mailbox of a channel of some kind, and let it have its effects."""
    summary = f"What came back to {request.channel}?"
    return await _call("read_mailbox", request, MailboxRead, _at_channel(_READING, kind), summary)


async def _call(
    activity: str,
    request: Contract,
    result_type: type[Result],
    options: workflow.ActivityConfig,
    summary: str,
) -> Result:
    told = options.copy()
    told["summary"] = summary
    result: Result = await workflow.execute_activity(
        activity, request, result_type=result_type, **told
    )
    return result


def _at_channel(options: workflow.ActivityConfig, kind: str) -> workflow.ActivityConfig:
    """Let work wait where workers for its kind of channel look."""
    placed = options.copy()
    placed["task_queue"] = channel_task_queue(workflow.info().task_queue, kind)
    return placed


def _by(who: str) -> str:
    return f" by {who}" if who else ""
