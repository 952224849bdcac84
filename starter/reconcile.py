"""`postroad reconcile`: after Temporal or the ledger was lost, or restored from a backup."""

import asyncio
import sys
from typing import Annotated

import typer

from operations.clock import now
from operations.opening import opened_ledger
from operations.reconciling import disagreements, revive
from operations.temporal import connect
from postroad.ledger.engine import Ledger
from postroad.ledger.recovery import doubt_what_may_have_left
from postroad.settings import load_settings
from postroad.wording import say_count
from starter.arguments import By
from starter.terminal import say

_RESTORED = "may have left after the backup that the ledger was restored from"


def reconcile(
    by: By,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is not as it should be.")
    ] = False,
    ledger_restored: Annotated[
        bool,
        typer.Option(
            "--ledger-restored",
            help="The ledger is an older backup: hold whatever may have left since.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal.")] = False,
) -> None:
    """Make Temporal and the ledger agree again, after one of them was lost or set back.

    What Temporal lost is started again from the ledger: nobody is written to twice, and what was
    on the wire is looked into first. With --ledger-restored, stop the workers before: messages
    that were due by now become uncertain, and wait for `postroad uncertain`.

    Example: postroad reconcile --dry-run
    """
    with opened_ledger() as ledger:
        if ledger_restored:
            _hold(ledger, dry_run=dry_run, yes=yes)
        found = asyncio.run(_reconcile(ledger, by, dry_run=dry_run))
    if not found:
        say("Temporal and the ledger agree")


def _hold(ledger: Ledger, *, dry_run: bool, yes: bool) -> None:
    if dry_run:
        say("every message that was due by now would become uncertain")
        return
    if not yes and sys.stdin.isatty():
        typer.confirm("Are all workers stopped, and is this ledger an older backup?", abort=True)
    with ledger.write() as connection:
        held = doubt_what_may_have_left(connection, now(), _RESTORED)
    say(f"{say_count(held, 'message')} held as uncertain: `postroad uncertain list`")


async def _reconcile(ledger: Ledger, by: str, *, dry_run: bool) -> int:
    settings = load_settings()
    client = await connect(settings)
    found = 0
    async for disagreement in disagreements(client, ledger):
        found += 1
        say(f"{disagreement.campaign}: {disagreement.words}")
        if disagreement.lost is not None and not dry_run:
            await revive(client, settings.temporal.task_queue, disagreement.lost, by)
            say(f"{disagreement.campaign}: started again")
    return found
