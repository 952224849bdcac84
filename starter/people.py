"""`postroad people`: who is in a running campaign."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from operations.adding import ENROLLING, screened_rows
from operations.clock import say_time
from operations.handing_over import hand_over as give_to_another
from operations.handing_over import thread_rule
from operations.opening import normalised, opened_ledger
from operations.pausing import pause_person, resume_person
from operations.refusal import Refused
from operations.updates import ask_campaign
from postroad.campaign.audience import open_audience
from postroad.contracts import (
    AddPeople,
    AdvancePerson,
    PeopleAdded,
    PersonAdvanced,
    PersonRemoved,
    RemovePerson,
)
from postroad.ledger.additions import stage_addition
from postroad.wording import say_count
from starter.arguments import By, CampaignId, Email, Reason
from starter.terminal import say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Add people to a running campaign, take somebody out, move them on or to another sender.",
)


@app.command()
def add(
    campaign: CampaignId,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="As for a launch.")],
    by: By,
) -> None:
    """Enrol more people; they begin with the first step.

    Example: postroad people add q4-launch more.csv
    """
    audience = open_audience(file)
    with opened_ledger() as ledger:
        rows = screened_rows(ledger, campaign, audience.fields, audience.rows, source=str(file))
        addition = stage_addition(ledger, campaign, rows)
    if not addition.chunks:
        raise Refused(
            f"{file} names nobody who can be written to: "
            f"{say_count(addition.rejected, 'row')} rejected"
        )
    added = asyncio.run(
        ask_campaign(
            campaign,
            "add_people",
            AddPeople(chunks=addition.chunks, by=by),
            PeopleAdded,
            patience=ENROLLING,
        )
    )
    rejected = say_count(addition.rejected + added.rejected, "row")
    say(f"{say_count(added.enrolled, 'person', 'people')} enrolled, {rejected} rejected")


@app.command()
def remove(campaign: CampaignId, email: Email, by: By) -> None:
    """Take somebody out of a campaign; a message that is on the wire is finished.

    Example: postroad people remove q4-launch ada@example.com
    """
    address = normalised(email)
    removed = asyncio.run(
        ask_campaign(campaign, "remove_person", RemovePerson(email=address, by=by), PersonRemoved)
    )
    stopped = say_count(removed.messages_stopped, "message")
    say(f"{address} gets nothing more in {campaign}: {stopped} stopped")


@app.command()
def advance(campaign: CampaignId, email: Email, by: By) -> None:
    """Let what a person waits for be due now; windows and limits still hold.

    Example: postroad people advance q4-launch ada@example.com
    """
    address = normalised(email)
    advanced = asyncio.run(
        ask_campaign(
            campaign, "advance_person", AdvancePerson(email=address, by=by), PersonAdvanced
        )
    )
    say(f"{advanced.step} is due now for {address}")


@app.command()
def pause(
    campaign: CampaignId,
    email: Email,
    by: By,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="When they go on, by the sender's clock; else never."),
    ] = None,
    reason: Reason = "",
) -> None:
    """Let nothing leave to a person until they are resumed; what was due by then leaves then.

    Example: postroad people pause q4-launch ada@example.com --until 2027-01-07
    """
    with opened_ledger() as ledger:
        paused = asyncio.run(
            pause_person(ledger, campaign, email, until=until, reason=reason, by=by)
        )
    held = "" if paused.step is None else f": {paused.step} is held back"
    say(f"{normalised(email)} is paused in {campaign}{held}")


@app.command()
def resume(campaign: CampaignId, email: Email, by: By) -> None:
    """Let a person go on who was paused; waits have run on meanwhile.

    Example: postroad people resume q4-launch ada@example.com
    """
    with opened_ledger() as ledger:
        resumed = asyncio.run(resume_person(ledger, campaign, email, by))
    due = ""
    if resumed.step is not None:
        due = f": {resumed.step} is due {say_time(resumed.due_at)}"
    say(f"{normalised(email)} goes on in {campaign}{due}")


@app.command("hand-over")
def hand_over(
    campaign: CampaignId,
    sender: Annotated[str, typer.Option("--from", metavar="SENDER", help="Who stops writing.")],
    replacement: Annotated[str, typer.Option("--to", metavar="SENDER", help="Who takes over.")],
    by: By,
) -> None:
    """Let another sender write to a sender's people from now on.

    Their follow-ups answer in the same thread as far as headers can tell it, from the new
    sender's own channel.

    Example: postroad people hand-over q4-launch --from ana@acme.test --to bo@acme.test
    """
    former, new = normalised(sender), normalised(replacement)
    people = asyncio.run(give_to_another(campaign, former, new, by))
    say(f"{new} writes to {say_count(people, 'person', 'people')} of {former} from now on")
    say(thread_rule(former, new))
