"""Reading a campaign's definition: its settings, its steps, and the texts they send."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, select

from postroad.campaign.file import CampaignSettings
from postroad.campaign.step import StepSettings
from postroad.campaign.template import StepTemplate
from postroad.campaign.variants import Variant, variant_of
from postroad.ledger.tables import Attachment, Campaign, Step, StepText, StepVariant


@dataclass(frozen=True, slots=True)
class CampaignStep:
    """One step as it stands now."""

    position: int
    id: str
    settings: StepSettings
    version: int
    variants: tuple[Variant, ...] = ()
    winner: str | None = None
    """The variant that everybody gets; empty where none was better, None where nobody looked."""
    judge_at: int | None = None
    """When its variants are compared, or looked at again; None at once."""
    removed: bool = False
    """Whether nobody gets it any more."""

    def version_for(self, person_key: str) -> int:
        """Return the version of the text that a person gets now."""
        if not self.variants:
            return self.version
        for variant in self.variants:
            if variant.id == self.winner:
                return variant.version
        return variant_of(self.variants, self.id, person_key).version

    def is_to_be_judged(self, now: int) -> bool:
        """Whether it is time to look which of its variants is the better."""
        decided = self.settings.winner is None or self.winner is not None
        return not decided and (self.judge_at or 0) <= now

    @property
    def versions(self) -> list[int]:
        """The versions that somebody may get now."""
        return [variant.version for variant in self.variants] or [self.version]

    def due_at(self, previous: int, person_zone: str | None, sender_zone: str) -> int:
        """Return when this step is due, counted from the one before or from enrolment.

        One that was removed is due at once, and passed over then: the next is counted from there.
        """
        if self.removed:
            return previous
        return self.settings.due_at(previous, person_zone, sender_zone)


def load_settings(connection: Connection, campaign_id: str) -> CampaignSettings:
    """Return the campaign-wide settings."""
    row = connection.execute(select(Campaign.settings).where(Campaign.id == campaign_id)).one()
    return CampaignSettings.model_validate(row.settings)


def load_steps(connection: Connection, campaign_id: str) -> list[CampaignStep]:
    """Return the steps in order."""
    variants: defaultdict[int, list[Variant]] = defaultdict(list)
    for row in connection.execute(
        select(StepVariant)
        .where(StepVariant.campaign_id == campaign_id)
        .order_by(StepVariant.position, StepVariant.id)
    ):
        variants[row.position].append(Variant(row.id, row.weight, row.version))
    rows = connection.execute(
        select(
            Step.position,
            Step.id,
            Step.settings,
            Step.version,
            Step.winner,
            Step.judge_at,
            Step.removed_at,
        )
        .where(Step.campaign_id == campaign_id)
        .order_by(Step.position)
    )
    return [
        CampaignStep(
            position=row.position,
            id=row.id,
            settings=StepSettings.model_validate(row.settings),
            version=row.version,
            variants=tuple(variants[row.position]),
            winner=row.winner,
            judge_at=row.judge_at,
            removed=row.removed_at is not None,
        )
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
