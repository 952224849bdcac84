"""The steps of a campaign, and one of them with its texts, as they are to be changed."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from postroad.campaign.template import StepTemplate
from postroad.contracts import CampaignState
from postroad.ledger.changing_steps import count_not_yet_left
from postroad.ledger.overview import campaign_state
from postroad.ledger.steps import CampaignStep, load_steps, load_template
from postroad.ledger.tables import Enrollment


@dataclass(frozen=True, slots=True)
class CurrentText:
    """A text of a step that is sent from now on."""

    variant: str
    """Which of the step's variants it is of; empty where it has none."""
    version: int
    template: StepTemplate


@dataclass(frozen=True, slots=True)
class StepPage:
    """One step as it stands now."""

    state: CampaignState
    step: CampaignStep
    texts: list[CurrentText]
    messages: int
    """Those that have not left yet, which a change is for."""
    somebody: str | None
    """The address of a person in the campaign, for whom it can be previewed."""


def step_page(connection: Connection, campaign: str, step_id: str) -> StepPage | None:
    """Return a step of a campaign; None where there is none."""
    state = campaign_state(connection, campaign)
    steps = {step.id: step for step in load_steps(connection, campaign)}
    if state is None or step_id not in steps:
        return None
    step = steps[step_id]
    versions = {one.id: one.version for one in step.variants} or {"": step.version}
    return StepPage(
        state=state,
        step=step,
        texts=[
            CurrentText(name, version, load_template(connection, campaign, step.position, version))
            for name, version in versions.items()
        ],
        messages=count_not_yet_left(connection, campaign, step.position),
        somebody=connection.scalar(
            select(Enrollment.address)
            .where(Enrollment.campaign_id == campaign)
            .order_by(Enrollment.address)
            .limit(1)
        ),
    )
