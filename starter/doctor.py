"""`postroad doctor`: is everything there that mail needs to leave?"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from postroad.ledger.engine import Ledger
from postroad.ledger.health import OpenSequence, sequences_with_old_work
from postroad.settings import Settings, load_settings
from starter.arguments import AsJson
from starter.channel_checks import check_channels
from starter.console import Refused, print_json, say
from starter.finding import Finding, Level, fail, ok
from starter.ledger_checks import check_ledger, check_settings
from starter.clock import now
from starter.temporal import connect
from starter.temporal_checks import (
    check_namespace,
    check_search_attributes,
    check_sequences,
    check_workers,
)
from postroad.instants import MINUTE

_OLD = 5 * MINUTE
"""Work in hand for longer than this stands still."""


def doctor(
    *,
    channels: Annotated[
        bool, typer.Option("--channels", help="Sign in to every channel as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the whole installation, and say what to do about what is wrong.

    Example: postroad doctor --channels
    """
    findings = asyncio.run(_examine(channels=channels))
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            say(line(finding))
    if any(finding.level is Level.FAIL for finding in findings):
        raise typer.Exit(1)


def line(finding: Finding) -> str:
    """Return `fail  workers: nobody works on postroad: start one: …`."""
    words = f"{finding.level:<4}  {finding.about}: {finding.words}"
    return f"{words}: {finding.way_out}" if finding.way_out else words


async def _examine(*, channels: bool) -> list[Finding]:
    settings = load_settings()
    findings = check_settings(settings)
    ledger = Ledger(settings.ledger.url)
    try:
        ledger_findings, usable = check_ledger(ledger)
        findings += ledger_findings
        sequences: list[OpenSequence] = []
        if usable:
            findings += await check_channels(ledger, settings, sign_in=channels)
            with ledger.read() as connection:
                sequences = sequences_with_old_work(connection, now() - _OLD)
        findings += [finding async for finding in _examine_temporal(settings, sequences)]
    finally:
        ledger.close()
    return findings


async def _examine_temporal(
    settings: Settings, sequences: list[OpenSequence]
) -> AsyncIterator[Finding]:
    about = f"{settings.temporal.address} answers"
    try:
        client = await connect(settings)
    except Refused as error:
        yield fail("temporal", str(error), "start it with `postroad up`, or correct the address")
        return
    yield ok("temporal", about)
    yield await check_namespace(client)
    yield await check_search_attributes(client)
    for finding in await check_workers(client, settings.temporal.task_queue):
        yield finding
    for finding in await check_sequences(client, sequences):
        yield finding
