"""`postroad status`: every campaign at a glance."""

from typing import Annotated

import typer

from operations.clock import now
from operations.opening import opened_ledger, unknown_campaign
from postroad.ledger.overview import (
    RECENT_DAYS,
    CampaignOverview,
    campaign_overview,
    list_campaigns,
)
from starter.arguments import AsJson
from starter.terminal import print_json, print_table, say

_COLUMNS = ["campaign", "state", "people", "active", "sent", "to send", "failed", "waits for"]


def status(
    campaign: Annotated[
        str | None, typer.Argument(metavar="CAMPAIGN", help="Only this campaign.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Campaigns that ended long ago as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how far campaigns are, and what they wait for.

    Example: postroad status
    """
    present = now()
    with opened_ledger() as ledger, ledger.read() as connection:
        listed = (
            [campaign] if campaign else list_campaigns(connection, present, everything=everything)
        )
        found = [campaign_overview(connection, one, present) for one in listed]
    overviews = [overview for overview in found if overview is not None]
    if campaign and not overviews:
        raise unknown_campaign(campaign)
    if as_json:
        print_json(overviews)
        return
    if not overviews:
        say("No campaign is running: `postroad launch CAMPAIGN.yaml` starts one.")
        return
    print_table(_COLUMNS, [row(overview) for overview in overviews])
    if not (campaign or everything):
        say(f"Campaigns that ended more than {RECENT_DAYS} days ago: postroad status --all")


def row(overview: CampaignOverview) -> list[str]:
    """Return a campaign's cells."""
    people, messages = overview.people, overview.messages
    to_send = messages.planned + messages.reserved + messages.sending
    return [
        overview.campaign,
        overview.state,
        f"{people.enrolled:,}",
        f"{people.active:,}",
        f"{messages.sent:,}",
        f"{to_send:,}",
        f"{messages.failed:,}",
        waits(overview),
    ]


def waits(overview: CampaignOverview) -> str:
    """Return everything the campaign waits for."""
    return "; ".join(wait.words for wait in overview.waits)
