"""Days on which senders' people get nothing, as the workspace says at this moment."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, ScalarSelect, select, true

from postroad.campaign.days_off import DaysOff
from postroad.campaign.schedule import Window
from postroad.ledger.steps import CampaignStep, load_steps
from postroad.ledger.tables import Campaign, Organisation, Sender

NO_DAYS_OFF = DaysOff()


def days_off(connection: Connection, senders: Collection[str]) -> dict[str, DaysOff]:
    """Return the days off of senders, by their addresses."""
    rows = connection.execute(
        select(Sender.email, Sender.settings, Organisation.settings.label("organisation"))
        .select_from(Sender)
        .outerjoin(Organisation, true())
        .where(Sender.email.in_(senders))
    )
    return {row.email: _days_off(row.settings, row.organisation) for row in rows}


def load_steps_for(
    connection: Connection, campaign_id: str, sender: str | ScalarSelect[str]
) -> tuple[list[CampaignStep], str]:
    """Return a campaign's steps as they hold for a sender's people, and the sender's time zone.

    Mail that a person waits for leaves on any day.

    Args:
        connection: a transaction.
        campaign_id: the campaign's id.
        sender: the sender's address, or a query for it.
    """
    row = connection.execute(
        select(
            Sender.timezone,
            Sender.settings,
            Organisation.settings.label("organisation"),
            Campaign.settings["interactive"].as_boolean().label("interactive"),
        )
        .select_from(Sender)
        .join(Campaign, Campaign.id == campaign_id)
        .outerjoin(Organisation, true())
        .where(Sender.email == sender)
    ).one()
    off = NO_DAYS_OFF if row.interactive else _days_off(row.settings, row.organisation)
    steps = load_steps(connection, campaign_id)
    return [for_sender(step, off) for step in steps], row.timezone


def for_sender(step: CampaignStep, off: DaysOff) -> CampaignStep:
    """Return a step as it holds for a sender's people."""
    return replace(step, settings=step.settings.for_sender(off))


def _days_off(sender: Mapping[str, Any], organisation: Mapping[str, Any] | None) -> DaysOff:
    """Join what a sender and the organisation say: a sender's holidays replace the common ones."""
    own = DaysOff.model_validate(sender)
    window = (organisation or {}).get("window")
    common = Window() if window is None else Window.model_validate(window)
    return DaysOff(
        holidays=common.holidays if own.holidays is None else own.holidays,
        away=[*own.away, *(common.away or ())],
    )
