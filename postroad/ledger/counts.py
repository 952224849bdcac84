"""What a report counts; the field names are the keys of `report --json`."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from postroad.contracts import CampaignState


class Count(BaseModel):
    """A frozen row of numbers; its field names are the keys of `report --json`."""

    model_config = ConfigDict(frozen=True)


class PeopleCount(Count):
    """People by state: `enrolled` is the sum of all others but `rejected` and `paused`."""

    enrolled: int
    rejected: int
    """Rows of the audience that were never enrolled."""
    active: int = 0
    paused: int = 0
    """Those of the active ones to whom nothing is sent for now."""
    finished: int = 0
    replied: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    failed: int = 0
    removed: int = 0


class MessageCount(Count):
    """Messages by state."""

    planned: int = 0
    reserved: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0
    open: int = 0
    """Manual tasks that wait for somebody."""
    done: int = 0
    """Manual tasks."""
    skipped: int = 0


class Named(Count):
    """What is counted; a class that names it last in its bases has `id` first."""

    id: str


class CameBackCount(Count):
    """What was sent, and what came back for it, by person."""

    sent: int = 0
    bounced: int = 0
    soft_bounced: int = 0
    """Not delivered, for a reason that may pass."""
    replied: int = 0
    unsubscribed: int = 0
    complained: int = 0
    opened: int = 0
    """By people, as far as anybody can tell: see docs/tracking.md."""
    clicked: int = 0
    opened_by_machine: int = 0
    """By proxies and scanners; whether a person did too is not known."""
    clicked_by_machine: int = 0


class StepCount(CameBackCount, Named):
    """One step: its messages by state, and what came back.

    A bounce at once is a `failed` message and a bounce; a later one a `sent` message and a bounce.
    """

    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0
    planned: int = 0
    reserved: int = 0
    sending: int = 0
    open: int = 0
    done: int = 0
    skipped: int = 0


class TemplateCount(CameBackCount):
    """One version of a step's text."""

    step: str
    version: int


class VariantCount(CameBackCount):
    """One of several texts of a step, over all its versions."""

    step: str
    variant: str
    replied_between: tuple[float, float]
    """What its true share of replies lies between, 95 times in 100 (Wilson's interval)."""
    is_winner: bool
    """Whether everybody gets it from now on."""


class SenderCount(CameBackCount, Named):
    """One rep's part; its id is their address."""


class ChannelCount(CameBackCount, Named):
    """What one delivery channel did for the campaign."""

    kind: str
    throttled_seconds: float
    """How long waves had to wait for the channel's limits, summed over waves."""


class CampaignReport(Count):
    """`report ID --json`."""

    campaign: str
    state: CampaignState
    people: PeopleCount
    messages: MessageCount
    steps: list[StepCount]
    templates: list[TemplateCount]
    variants: list[VariantCount]
    senders: list[SenderCount]
    channels: list[ChannelCount]
    started_at: datetime | None
    ended_at: datetime | None
