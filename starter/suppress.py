"""`postroad suppress`: who must get nothing."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.suppressing import parsed_key, suppress_all
from operations.suppression_file import SuppressionRow, read_suppressions, suppression_lines
from operations.temporal import connect
from operations.waking import wake
from postroad.ledger.suppression_list import (
    SuppressionEffect,
    add_suppression,
    lift_suppression,
    list_suppressions,
)
from postroad.settings import load_settings
from postroad.wording import say_count
from starter.arguments import AsJson, By
from starter.terminal import print_json, print_table, say

_FAULTS_SHOWN = 20

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Keep the list of addresses and domains that must get nothing, in any campaign.",
)

Address = Annotated[
    str, typer.Argument(metavar="ADDRESS|@DOMAIN", help="One address, or a whole domain.")
]


@app.command()
def add(
    address: Address,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
) -> None:
    """Suppress an address or a domain; people who are in a campaign get nothing more, at once.

    Example: postroad suppress add ada@example.com --reason "asked by phone"
    """
    key = parsed_key(address)
    with opened_ledger() as ledger, ledger.write() as connection:
        effect = add_suppression(connection, key, reason or f"added by {by}", "operator", now())
    _tell(f"{key} is suppressed" if effect.new else f"{key} was suppressed before", effect)
    _wake(effect.wake)


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List every suppressed address and domain.

    Example: postroad suppress list --json
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        listed = list(list_suppressions(connection))
    if as_json:
        print_json(listed)
        return
    if not listed:
        say("Nobody is suppressed.")
        return
    print_table(
        ["address", "since", "source", "reason"],
        [[row.address, say_time(row.at), row.source, row.reason] for row in listed],
    )


@app.command()
def export() -> None:
    """Print the list as CSV, in the form that `suppress import` reads.

    Example: postroad suppress export > suppressions.csv
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        for line in suppression_lines(list_suppressions(connection)):
            typer.echo(line.rstrip())


@app.command()
def lift(address: Address) -> None:
    """Take an address or a domain off the list; campaigns it was taken out of stay over for it.

    Example: postroad suppress lift ada@example.com
    """
    key = parsed_key(address)
    with opened_ledger() as ledger, ledger.write() as connection:
        lifted = lift_suppression(connection, key)
    if not lifted:
        raise Refused(f"{key} is not suppressed: `postroad suppress list` shows who is")
    say(f"{key} is suppressed no more")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One address or @domain a line.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Where a row has none.")] = "",
) -> None:
    """Suppress everyone in a file: one address or @domain a line, or a CSV with an email column.

    Example: postroad suppress import optouts.csv --reason "opted out before 2026"
    """
    rows = list(read_suppressions(file))
    with opened_ledger() as ledger:
        total, new = suppress_all(ledger, rows, reason or f"imported by {by}")
    _tell(f"{say_count(new, 'new suppression')} from {say_count(len(rows), 'row')}", total)
    _wake(total.wake)
    _tell_faults(file, [row for row in rows if row.address is None])


def _tell(what: str, effect: SuppressionEffect) -> None:
    people = say_count(effect.people, "sequence")
    say(f"{what}; {people} ended, {say_count(effect.messages, 'message')} stopped")


def _tell_faults(file: Path, faulty: list[SuppressionRow]) -> None:
    if not faulty:
        return
    for row in faulty[:_FAULTS_SHOWN]:
        say(f"{file}: row {row.row}: {row.text!r}: {row.fault}")
    raise Refused(
        f"{say_count(len(faulty), 'row')} of {file} named no address; all others are suppressed"
    )


def _wake(workflow_ids: set[str]) -> None:
    """Let sequences that have nothing left end now; the suppression holds without it."""
    if not workflow_ids:
        return
    try:
        asyncio.run(_wake_now(workflow_ids))
    except Refused:
        say("Temporal was not told: sequences notice by themselves when their next message is due")


async def _wake_now(workflow_ids: set[str]) -> None:
    await wake(await connect(load_settings()), workflow_ids, "people suppressed")
