"""`postroad person`: what is kept of a person, for them to have or to be erased."""

import asyncio
import sys
from typing import Annotated

import typer

from operations.clock import now
from operations.opening import normalised, opened_ledger
from operations.refusal import Refused
from operations.waking import wake_if_possible
from postroad.ledger.personal_data import StillSending, erase_person, export_person
from postroad.settings import load_settings
from starter.arguments import By, Email
from starter.terminal import complain, print_json, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Give people what is kept of them, or erase it.",
)


@app.command()
def export(email: Email) -> None:
    """Print everything that is kept of a person, as JSON.

    Example: postroad person export ada@example.com > ada.json
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        print_json(export_person(connection, normalised(email)))


@app.command()
def erase(
    email: Email,
    by: By,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal.")] = False,
) -> None:
    """Erase what is kept of a person; counts stay, and the address stays suppressed.

    Example: postroad person erase ada@example.com
    """
    address = normalised(email)
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Erase {address} for good?", abort=True)
    settings = load_settings()
    with opened_ledger(settings) as ledger:
        try:
            with ledger.write() as connection:
                woken = erase_person(connection, address, by, now())
        except StillSending as error:
            raise Refused(f"{address} was not erased: {error}") from None
    unwoken = asyncio.run(wake_if_possible(settings, woken, f"{address} erased"))
    if unwoken:
        complain(unwoken)
    campaigns = f"in {len(woken)} campaigns" if len(woken) != 1 else "in one campaign"
    say(f"{address} is erased ({campaigns}), and stays suppressed")
