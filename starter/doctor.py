"""`postroad doctor`: is everything there that mail needs to leave?"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from operations.channel_checks import check_channels, check_shutoffs
from operations.clock import now
from operations.connection_faults import NoConnection
from operations.domain_checks import check_domains
from operations.finding import Finding, Level, fail, line, ok
from operations.ledger_checks import check_ledger, check_settings, check_webhooks
from operations.temporal import connect, temporal_address
from operations.temporal_checks import (
    check_channel_workers,
    check_namespace,
    check_search_attributes,
    check_sequences,
    check_workers,
)
from operations.worker_checks import check_worker_page
from postroad.instants import MINUTE
from postroad.ledger.channels import kinds_in_use
from postroad.ledger.engine import Ledger
from postroad.ledger.health import OpenSequence, sequences_with_old_work
from postroad.secrets import SecretKeyError
from postroad.settings import Settings, load_settings
from starter.arguments import AsJson
from starter.terminal import print_json, say

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


async def _examine(*, channels: bool) -> list[Finding]:
    settings = load_settings()
    findings = check_settings(settings)
    ledger = Ledger(settings.ledger.url)
    try:
        of_ledger = check_ledger(ledger)
        findings.append(of_ledger)
        sequences: list[OpenSequence] = []
        kinds: list[str] = []
        if of_ledger.level is Level.OK:
            findings += await check_channels(ledger, settings, sign_in=channels)
            findings += check_shutoffs(ledger)
            findings += check_webhooks(ledger)
            findings += await check_domains(ledger, settings.dns)
            with ledger.read() as connection:
                sequences = sequences_with_old_work(connection, now() - _OLD)
                kinds = kinds_in_use(connection)
        findings += [finding async for finding in _examine_temporal(settings, sequences, kinds)]
        findings += await check_worker_page(settings.metrics)
    finally:
        ledger.close()
    return findings


async def _examine_temporal(
    settings: Settings, sequences: list[OpenSequence], kinds: list[str]
) -> AsyncIterator[Finding]:
    try:
        client = await connect(settings)
    except NoConnection as fault:
        yield fail("temporal", fault.words, fault.way_out)
        return
    except SecretKeyError as error:
        yield fail("temporal", str(error), "temporal.encrypt_payloads needs it")
        return
    yield ok("temporal", f"a server answers at {temporal_address(settings)}")
    namespace = await check_namespace(client)
    yield namespace
    if namespace.level is Level.FAIL:
        return
    yield await check_search_attributes(client)
    for finding in await check_workers(client, settings.temporal.task_queue):
        yield finding
    for finding in await check_channel_workers(client, settings.temporal.task_queue, kinds):
        yield finding
    for finding in await check_sequences(client, sequences):
        yield finding
