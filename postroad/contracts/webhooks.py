"""What WebhookWorkflow and its activities tell one another."""

from datetime import timedelta

from postroad.contracts.base import Contract


class WebhookStart(Contract):
    """Input of WebhookWorkflow; `refusals` carries over continue-as-new."""

    webhook: str
    refusals: int = 0
    """How often in a row it did not take what it should."""


class DeliverEvents(Contract):
    """Input of deliver_events."""

    webhook: str


class EventsDelivered(Contract):
    """Result of deliver_events: numbers and the listener's status, never what was told."""

    taken: int = 0
    refused: str = ""
    """What the listener answered instead of taking the next event."""
    retry_after: timedelta | None = None
    """How long it asked us to wait."""
    over: bool = False
    """It is disabled, or there is no such webhook any more."""


class WebhookProgress(Contract):
    """Answer of WebhookWorkflow's `progress` query, and its result."""

    webhook: str
    taken: int
    """In this run."""
    refusals: int
    waits_for: str = ""
