"""States of campaigns, people, messages and channels."""

from enum import StrEnum


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
