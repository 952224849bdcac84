"""The models that cross the Temporal boundary: small, versioned by addition only.

A field may be added with a default; it is never renamed, retyped or removed, because running
campaigns replay histories that hold the older form. No message body and no secret belongs here.
"""

from postroad.contracts.base import Contract
from postroad.contracts.campaigns import (
    AddPeople,
    CampaignProgress,
    CampaignStart,
    CampaignStateSet,
    ChangeStep,
    ChunkEnrolled,
    EnrolChunk,
    PeopleAdded,
    PersonRemoved,
    PublishStepText,
    RemoveEnrollment,
    RemovePerson,
    SetCampaignState,
    Steering,
    StepChanged,
)
from postroad.contracts.mailboxes import (
    MailboxProgress,
    MailboxRead,
    MailboxWatchStart,
    MailSent,
    ReadMailbox,
)
from postroad.contracts.names import (
    campaign_workflow_id,
    channel_task_queue,
    mailbox_workflow_id,
    sequence_workflow_id,
)
from postroad.contracts.sequences import (
    ChannelSelected,
    ChannelsSelected,
    QuotaReleased,
    ReleaseQuota,
    Reservation,
    ReserveQuota,
    SelectChannel,
    SendWave,
    SequenceEnded,
    SequenceProgress,
    SequenceStart,
    WaveSent,
    WorkHeld,
)
from postroad.contracts.states import CampaignState, ChannelState, EnrollmentState, MessageState

__all__ = [
    "AddPeople",
    "CampaignProgress",
    "CampaignStart",
    "CampaignState",
    "CampaignStateSet",
    "ChangeStep",
    "ChannelSelected",
    "ChannelState",
    "ChannelsSelected",
    "ChunkEnrolled",
    "Contract",
    "EnrolChunk",
    "EnrollmentState",
    "MailSent",
    "MailboxProgress",
    "MailboxRead",
    "MailboxWatchStart",
    "MessageState",
    "PeopleAdded",
    "PersonRemoved",
    "PublishStepText",
    "QuotaReleased",
    "ReadMailbox",
    "ReleaseQuota",
    "RemoveEnrollment",
    "RemovePerson",
    "Reservation",
    "ReserveQuota",
    "SelectChannel",
    "SendWave",
    "SequenceEnded",
    "SequenceProgress",
    "SequenceStart",
    "SetCampaignState",
    "Steering",
    "StepChanged",
    "WaveSent",
    "WorkHeld",
    "campaign_workflow_id",
    "channel_task_queue",
    "mailbox_workflow_id",
    "sequence_workflow_id",
]
