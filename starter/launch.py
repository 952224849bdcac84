"""`postroad launch`: a campaign file becomes a running campaign, or is only rehearsed."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from operations.clock import now
from operations.definition import Definition, read_definition
from operations.launching import Launched, launch_campaign
from operations.link_checking import check_links
from operations.opening import opened_ledger
from operations.overlap_warnings import overlap_warnings
from operations.rehearsal import rehearse
from postroad.contracts import CampaignState
from postroad.ledger.engine import Ledger
from postroad.ledger.staging import Staged
from postroad.settings import Settings, load_settings
from postroad.wording import say_count
from starter.arguments import AsJson
from starter.choice_warnings import warn_about_channels
from starter.domain_warnings import warn_about_domains
from starter.rehearsal_report import print_rehearsal, print_rehearsal_json
from starter.terminal import complain, on_terminal, print_json, say
from starter.text_warnings import warn_about_texts
from starter.waiting import wait_until_over


def launch(
    campaign: Annotated[Path, typer.Argument(metavar="CAMPAIGN.yaml")],
    *,
    campaign_id: Annotated[
        str | None, typer.Option("--id", help="Instead of the id in the file.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Only show who would be rejected, a sample, and a forecast."
        ),
    ] = False,
    links: Annotated[
        bool,
        typer.Option(
            "--check-links", help="With --dry-run: ask the web whether each link leads anywhere."
        ),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Show progress until the campaign is over.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Launch a campaign, once.

    Launching the same id again is refused. With --wait, the exit status is 1 when somebody has to
    decide about uncertain messages.

    Example: postroad launch q4.yaml --dry-run
    """
    if dry_run and wait:
        raise typer.BadParameter("--dry-run launches nothing that --wait could wait for")
    if links and not dry_run:
        raise typer.BadParameter("--check-links goes with --dry-run")
    settings = load_settings()
    if dry_run:
        _rehearse(settings, campaign, campaign_id, links=links, as_json=as_json)
        return
    with opened_ledger(settings) as ledger:
        definition = read_definition(ledger, campaign, campaign_id)
        _warn(settings, ledger, definition)
    launched = _launch(settings, campaign, campaign_id, show=on_terminal() and not as_json)
    if not as_json:
        rejected = f", {say_count(launched.rejected, 'row')} rejected" if launched.rejected else ""
        people = say_count(launched.people, "person", "people")
        # Enrolling may still reject some: who is suppressed, or enrolled already.
        say(f"{launched.campaign} is launched: {people} to enrol{rejected}")
    state = CampaignState.RUNNING
    try:
        if wait:
            with opened_ledger(settings) as ledger:
                state = wait_until_over(ledger, launched.campaign, show=not as_json)
    finally:
        if as_json:
            _print_launched(launched, state)
    if not as_json:
        say(_way_on(launched.campaign, state))


def _warn(settings: Settings, ledger: Ledger, definition: Definition) -> None:
    """Say on stderr what is better known before mail leaves."""
    warn_about_channels(ledger, definition)
    for warning in overlap_warnings(ledger, definition):
        complain(f"warning: {warning}")
    warn_about_domains(ledger, settings.dns, definition)
    warn_about_texts(ledger, definition)


def _launch(settings: Settings, path: Path, campaign_id: str | None, *, show: bool) -> Launched:
    with ExitStack() as stack:
        status = stack.enter_context(Console().status("reading the audience")) if show else None

        def progress(staged: Staged) -> None:
            if status is not None:
                status.update(f"{say_count(staged.people, 'person', 'people')} staged")

        return asyncio.run(
            launch_campaign(settings, path, campaign_id=campaign_id, progress=progress)
        )


def _rehearse(
    settings: Settings, path: Path, campaign_id: str | None, *, links: bool, as_json: bool
) -> None:
    with opened_ledger(settings) as ledger:
        definition = read_definition(ledger, path, campaign_id)
        _warn(settings, ledger, definition)
        rehearsed = rehearse(ledger, definition, now())
    checked = asyncio.run(check_links(definition)) if links else None
    if as_json:
        print_rehearsal_json(rehearsed, checked)
    else:
        print_rehearsal(rehearsed, checked)


def _print_launched(launched: Launched, state: CampaignState) -> None:
    print_json(
        {
            "campaign": launched.campaign,
            "workflow_id": launched.workflow_id,
            "state": state,
            "people": launched.people,
            "rejected": launched.rejected,
        }
    )


def _way_on(campaign: str, state: CampaignState) -> str:
    if state is CampaignState.RUNNING:
        return f"`postroad watch {campaign}` shows it"
    return f"{campaign} is {state}: `postroad report {campaign}` counts what became of it"
