"""States of campaigns, people, messages and channels."""

from enum import StrEnum


class CampaignState(StrEnum):
    """Where a campaign stands."""

    STAGING = "staging"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


UNDER_WAY = (CampaignState.RUNNING, CampaignState.PAUSED)
"""States in which a campaign's workflow answers, and its people may still be written to."""


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
    """Where one message stands (design: `planned → reserved → sending → sent`, or an end).

    That of a manual task goes `planned → open → done`; whatever is passed over is `skipped`.
    """

    PLANNED = "planned"
    RESERVED = "reserved"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"
    OPEN = "open"
    """Waits for a person: somebody does the task, or reviews the mail."""
    DONE = "done"
    SKIPPED = "skipped"
    """Not for this person: its conditions did not hold, it was removed, or somebody said so."""


TO_LEAVE = (MessageState.PLANNED, MessageState.RESERVED)
"""What may leave if nobody holds it back."""

NOT_YET_LEFT = (*TO_LEAVE, MessageState.OPEN)
"""What stops at once when a person's sequence ends."""


class ChannelState(StrEnum):
    """Whether a channel may send."""

    ACTIVE = "active"
    PAUSED = "paused"
    UNAUTHORISED = "unauthorised"
    MISCONFIGURED = "misconfigured"
