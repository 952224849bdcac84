"""What changing the steps of a running campaign needs."""

from typing import Any

from postroad.contracts.base import Contract


class NewTiming(Contract):
    """When a step leaves from now on, and when it left before: see postroad.campaign.timing."""

    before: dict[str, Any]
    after: dict[str, Any]


class ChangeStep(Contract):
    """Argument of the change_step update: the new text was staged in the ledger before."""

    step: str
    version: int
    timing: NewTiming | None = None
    """None where it stays as it is."""
    by: str = "operator"


class StepChanged(Contract):
    """Answer of the change_step update."""

    messages_affected: int


class PublishStepText(Contract):
    """Input of change_step: send a staged version of a step's text from now on."""

    campaign_id: str
    step: str
    version: int
    timing: NewTiming | None = None
    by: str


class RemoveStep(Contract):
    """Argument of the remove_step update: nobody gets it any more."""

    step: str
    by: str = "operator"


class StepRemoved(Contract):
    """Answer of the remove_step update."""

    messages_skipped: int
    """Those of people who waited for it; others pass it over when its turn comes."""


class TakeOutStep(Contract):
    """Input of remove_step."""

    campaign_id: str
    step: str
    by: str
