"""Reading a campaign's definition: its settings, its steps, and the texts they send."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from postroad.campaign.file import CampaignSettings
from postroad.campaign.step import StepSettings
from postroad.campaign.template import StepTemplate
from postroad.ledger.tables import Attachment, Campaign, Step, StepText


@dataclass(frozen=True, slots=True)
class CampaignStep:
    """One step as it stands now."""

    position: int
    id: str
    settings: StepSettings
    version: int

    def due_at(self, previous: int, person_zone: str | None, sender_zone: str) -> int:
        """Return when this step is due, counted from the one before or from enrolment."""
        return self.settings.due_at(previous, person_zone, sender_zone)


def load_settings(connection: Connection, campaign_id: str) -> CampaignSettings:
    """Return the campaign-wide settings."""
    row = connection.execute(select(Campaign.settings).where(Campaign.id == campaign_id)).one()
    return CampaignSettings.model_validate(row.settings)


def load_steps(connection: Connection, campaign_id: str) -> list[CampaignStep]:
    """Return the steps in order."""
    rows = connection.execute(
        select(Step.position, Step.id, Step.settings, Step.version)
        .where(Step.campaign_id == campaign_id)
        .order_by(Step.position)
    )
    return [
        CampaignStep(row.position, row.id, StepSettings.model_validate(row.settings), row.version)
        for row in rows
    ]


def load_template(
    connection: Connection, campaign_id: str, position: int, version: int
) -> StepTemplate:
    """Return one version of a step's text."""
    row = connection.execute(
        select(StepText.template).where(
            StepText.campaign_id == campaign_id,
            StepText.position == position,
            StepText.version == version,
        )
    ).one()
    return StepTemplate.model_validate(row.template)


def load_texts_before(
    connection: Connection, campaign_id: str, position: int
) -> dict[tuple[int, int], StepTemplate]:
    """Return every version of every text of the steps before one, by position and version."""
    rows = connection.execute(
        select(StepText.position, StepText.version, StepText.template).where(
            StepText.campaign_id == campaign_id, StepText.position < position
        )
    )
    return {(row.position, row.version): StepTemplate.model_validate(row.template) for row in rows}


def load_attachments(connection: Connection, template: StepTemplate) -> dict[str, bytes]:
    """Return the files a template attaches or shows inline, by their SHA-256."""
    digests = {reference.sha256 for reference in template.attachments}
    rows = connection.execute(
        select(Attachment.sha256, Attachment.content).where(Attachment.sha256.in_(digests))
    )
    return {row.sha256: row.content for row in rows}
