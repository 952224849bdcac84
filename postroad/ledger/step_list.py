"""The steps of a campaign as they stand now."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from postroad.campaign.waits import format_wait
from postroad.ledger.counts import StepCount
from postroad.ledger.reports import campaign_report
from postroad.ledger.steps import CampaignStep, load_steps


class StepRow(BaseModel):
    """One row of `step list --json`."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    """`mail`, or what somebody has to do."""
    wait: str
    hours: str
    """When its window is open; empty where it has none."""
    versions: list[int]
    """Of the texts that are sent from now on; several where it has variants."""
    sent: int
    to_send: int
    skipped: int
    removed: bool


def list_steps(connection: Connection, campaign: str) -> list[StepRow] | None:
    """Return a campaign's steps in order; None where the ledger has no such campaign."""
    report = campaign_report(connection, campaign)
    if report is None:
        return None
    counts = {step.id: step for step in report.steps}
    return [
        StepRow(
            id=step.id,
            kind=step.settings.task or "mail",
            wait=format_wait(step.settings.wait),
            hours=_hours(step),
            versions=step.versions,
            sent=counts[step.id].sent + counts[step.id].done,
            to_send=0 if step.removed else _to_send(counts[step.id]),
            skipped=counts[step.id].skipped,
            removed=step.removed,
        )
        for step in load_steps(connection, campaign)
    ]


def _to_send(counts: StepCount) -> int:
    return counts.planned + counts.reserved + counts.sending


def _hours(step: CampaignStep) -> str:
    window = step.settings.window
    return "" if window is None else f"{window.hours} {window.timezone}"
