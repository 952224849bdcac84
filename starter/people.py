"""`postroad people`: who is in a running campaign."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from operations.adding import ENROLLING, screened_rows
from operations.opening import normalised, opened_ledger
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
    ReplaceSender,
    SenderReplaced,
)
from postroad.ledger.additions import stage_addition
from postroad.wording import say_count
from starter.arguments import By, CampaignId, Email
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
    change = ReplaceSender(sender=normalised(sender), replacement=normalised(replacement), by=by)
    replaced = asyncio.run(ask_campaign(campaign, "replace_sender", change, SenderReplaced))
    people = say_count(replaced.people, "person", "people")
    say(f"{change.replacement} writes to {people} of {change.sender} from now on")
