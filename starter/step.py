"""`postroad step`: changing the steps of a running campaign."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from operations.adding_steps import add_steps, read_addition
from operations.changing_steps import (
    StepEdit,
    change_step,
    edit_from_file,
    edit_of_text,
    remove_step,
)
from operations.opening import opened_ledger, unknown_campaign
from postroad.ledger.engine import Ledger
from postroad.ledger.step_list import StepRow, list_steps
from postroad.wording import say_count
from starter.arguments import AsJson, By, CampaignId
from starter.terminal import print_json, print_table, say

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Change the steps of a running campaign."
)

StepId = Annotated[str, typer.Argument(metavar="STEP", help="The step's id.")]
_COLUMNS = ["step", "what", "wait", "hours", "version", "sent", "to send", "skipped"]


@app.command("list")
def list_(campaign: CampaignId, *, as_json: AsJson = False) -> None:
    """List a campaign's steps as they stand now.

    Example: postroad step list q4-launch
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        steps = list_steps(connection, campaign)
    if steps is None:
        raise unknown_campaign(campaign)
    if as_json:
        print_json(steps)
    else:
        print_table(_COLUMNS, map(_row, steps))


@app.command()
def change(
    campaign: CampaignId,
    step: StepId,
    by: By,
    file: Annotated[
        Path | None, typer.Option(metavar="CAMPAIGN.yaml", help="The campaign file, changed.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Another subject.")] = None,
    body: Annotated[Path | None, typer.Option(metavar="FILE", help="Another text.")] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
) -> None:
    """Send another text from now on, or the step at other times; what has left stays as it was.

    Example: postroad step change q4-launch nudge --file q4.yaml
    """
    if (file is None) == (subject is None and body is None):
        raise typer.BadParameter("give either --file, or --subject and --body")
    with opened_ledger() as ledger:
        edit = _edit(ledger, campaign, step, file, subject, body)
        for line in edit.difference():
            say(line)
        if dry_run:
            say(f"{say_count(edit.messages, 'message')} would be sent like this")
            return
        affected = asyncio.run(change_step(ledger, edit, by))
    say(f"{step} is changed: {say_count(affected, 'message')} not yet sent")


@app.command()
def add(
    campaign: CampaignId,
    file: Annotated[
        Path, typer.Option("--file", metavar="CAMPAIGN.yaml", help="The file with more steps.")
    ],
    by: By,
    *,
    reopen_finished: Annotated[
        bool,
        typer.Option("--reopen-finished", help="For those as well who were sent every step."),
    ] = False,
) -> None:
    """Send more steps, at the end; people who have finished stay finished unless asked.

    Example: postroad step add q4-launch --file q4.yaml
    """
    with opened_ledger() as ledger:
        addition = read_addition(ledger, campaign, file)
        people = asyncio.run(add_steps(ledger, addition, reopen_finished=reopen_finished, by=by))
    names = ", ".join(step.id for step in addition.steps)
    say(f"{names} added: {say_count(people, 'person', 'people')} to come")


@app.command()
def remove(campaign: CampaignId, step: StepId, by: By) -> None:
    """Let nobody get a step any more; people go on with the next, counted from the last sent.

    Example: postroad step remove q4-launch nudge
    """
    skipped = asyncio.run(remove_step(campaign, step, by))
    people = say_count(skipped, "person", "people")
    say(f"{step} is removed: {people} who waited for it went on, others pass it over")


def _edit(
    ledger: Ledger,
    campaign: str,
    step: str,
    file: Path | None,
    subject: str | None,
    body: Path | None,
) -> StepEdit:
    if file is not None:
        return edit_from_file(ledger, campaign, step, file)
    return edit_of_text(ledger, campaign, step, subject=subject, body=body)


def _row(step: StepRow) -> list[str]:
    versions = ", ".join(map(str, step.versions))
    state = f"{versions} (removed)" if step.removed else versions
    numbers = [f"{number:,}" for number in (step.sent, step.to_send, step.skipped)]
    return [step.id, step.kind, step.wait, step.hours, state, *numbers]
