"""`postroad apply`: the workspace file becomes the workspace."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from operations.clock import now
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.temporal import connect
from operations.waking import wake_if_possible
from operations.webhooks import wake_webhooks
from postroad.ledger.changes import Change
from postroad.ledger.needed_links import campaigns_without_links
from postroad.ledger.workspace import Applied, apply_workspace
from postroad.secrets import secret_box
from postroad.settings import Settings, load_settings
from postroad.wording import say_count
from postroad.workspace import load_workspace
from starter.arguments import AsJson
from starter.terminal import complain, print_json, say

_SAID = {
    Change.ADDED: "{part} {name} added",
    Change.CHANGED: "{part} {name} changed",
    Change.REMOVED: "{part} {name} removed",
    Change.KEPT: "{part} {name} is not in the file and stays, because mail was sent with it",
}


def apply(
    workspace: Annotated[Path, typer.Argument(metavar="WORKSPACE.yaml")],
    *,
    as_json: AsJson = False,
) -> None:
    """Store organisation, senders and channels from a file.

    Credentials written ${NAME} come from the environment and are encrypted before they are
    stored. Safe to repeat.

    Example: postroad apply workspace.yaml
    """
    settings = load_settings()
    applied = apply_file(settings, workspace)
    if as_json:
        print_json({"parts": applied.parts, "warnings": applied.warnings})
    else:
        _tell(applied)
    unwoken = asyncio.run(_wake(settings, applied))
    if unwoken:
        complain(unwoken)


async def _wake(settings: Settings, applied: Applied) -> str | None:
    """Let sequences and webhooks notice; workers see to the webhooks when they start."""
    unwoken = await wake_if_possible(settings, applied.wake, "workspace applied")
    webhooks = [
        part.name
        for part in applied.parts
        if part.part == "webhook" and part.change in (Change.ADDED, Change.CHANGED)
    ]
    if webhooks:
        with suppress(Refused):
            client = await connect(settings)
            queue = settings.temporal.task_queue
            await wake_webhooks(client, queue, webhooks, "workspace applied")
    return unwoken


def apply_file(settings: Settings, path: Path) -> Applied:
    """Make the ledger's workspace what a file describes.

    Raises:
        FileError: the file is not as it must be.
        Refused: a campaign that goes on needs what the file takes away.
        SecretKeyError: credentials cannot be encrypted.
    """
    described = load_workspace(path, os.environ)
    box = secret_box(settings)
    with opened_ledger(settings) as ledger, ledger.write() as connection:
        applied = apply_workspace(connection, described, box, now())
        _refuse_links_to_nowhere(connection, path)
        return applied


def _refuse_links_to_nowhere(connection: Connection, path: Path) -> None:
    """Keep a running campaign's mails from becoming ones that cannot be made."""
    for campaign, lacking in campaigns_without_links(connection):
        raise Refused(
            f"{path}: the organisation has no {lacking} any more, and {campaign} links to it: keep "
            f"it until {campaign} is over, or `postroad cancel {campaign}`"
        )


def _tell(applied: Applied) -> None:
    for part in applied.parts:
        if part.change in _SAID:
            say(_SAID[part.change].format(part=part.part, name=part.name))
    unchanged = sum(part.change is Change.UNCHANGED for part in applied.parts)
    if unchanged:
        say(f"{say_count(unchanged, 'part')} unchanged")
    for warning in applied.warnings:
        complain(f"warning: {warning}")
