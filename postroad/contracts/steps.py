"""What changing the steps of a running campaign needs."""

from typing import Any

from pydantic import Field

from postroad.contracts.base import Contract
from postroad.contracts.campaigns import LostSequence


class NewTiming(Contract):
    """When a step leaves from now on, and when it left before: see postroad.campaign.timing."""

    before: dict[str, Any]
    after: dict[str, Any]


class ChangeStep(Contract):
    """Argument of the change_step update: the new text was staged in the ledger before."""

    step: str
    version: int
    replaces: int | None = None
    """The version that its author saw; None lets it replace any."""
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
    replaces: int | None = None
    """The version that its author saw; refused where another is sent now."""
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


class VariantText(Contract):
    """One of several texts of a step, which was staged in the ledger before."""

    id: str
    weight: int
    version: int


class AddStep(Contract):
    """Argument of the add_step update: its texts were staged in the ledger before."""

    step: str
    position: int
    """How many steps the campaign had, those that were removed included."""
    settings: dict[str, Any]
    """What the ledger keeps of it beside its texts: see postroad.campaign.step."""
    version: int
    variants: list[VariantText] = Field(default_factory=list[VariantText])
    reopen_finished: bool = False
    """Whether those who were sent every step so far get it as well."""
    by: str = "operator"


class StepAdded(Contract):
    """Answer of the add_step update."""

    people: int
    """Who get it, those who are enrolled later not counted."""


class InsertStep(AddStep):
    """Input of add_step."""

    campaign_id: str


class StepInserted(Contract):
    """Result of add_step."""

    people: int
    sequences: list[LostSequence]
    """Those that have something to do; some may have ended."""
