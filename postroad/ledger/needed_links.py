"""Which campaigns need a web address of the organisation's that is not there."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from postroad.campaign.file import CampaignSettings
from postroad.campaign.template import StepTemplate, links_to_unsubscribe
from postroad.contracts import CampaignState
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.organisation import load_organisation
from postroad.ledger.steps import load_steps
from postroad.ledger.tables import Campaign, StepText

_TO_COME = (CampaignState.STAGING, *UNDER_WAY)


def campaigns_without_links(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield each campaign that still sends links that lead nowhere now, and the setting it lacks.

    Their mails could not be made, and their people would fail for good.
    """
    organisation = load_organisation(connection)
    public_url = None if organisation is None else organisation.public_url
    links_at = None if organisation is None else organisation.links_at
    if public_url is not None and links_at is not None:
        return
    rows = connection.execute(
        select(Campaign.id, Campaign.settings)
        .where(Campaign.state.in_(_TO_COME))
        .order_by(Campaign.id)
    ).all()
    for row in rows:
        if links_at is None and CampaignSettings.model_validate(row.settings).tracking:
            yield row.id, "public_url or tracking_url"
        elif public_url is None and _unsubscribes(connection, row.id):
            yield row.id, "public_url"


def _unsubscribes(connection: Connection, campaign: str) -> bool:
    steps = (step for step in load_steps(connection, campaign) if not step.removed)
    current = {(step.position, version) for step in steps for version in step.versions}
    texts = connection.execute(
        select(StepText.position, StepText.version, StepText.template).where(
            StepText.campaign_id == campaign
        )
    )
    return any(
        links_to_unsubscribe(StepTemplate.model_validate(row.template))
        for row in texts
        if (row.position, row.version) in current
    )
