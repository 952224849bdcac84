"""`postroad send`: one mail to one person, on the road that campaigns take."""

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from operations.definition import Definition
from operations.launching import Launched
from operations.launching import launch as launch_definition
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.single_mail import define_single_mail
from operations.temporal import connect
from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.single import SingleOutcome, single_outcome
from postroad.plugins import Plugin
from postroad.settings import Settings, load_settings
from starter.arguments import AsJson
from starter.choice_warnings import warn_about_channels
from starter.terminal import on_terminal, print_json, say

_PAUSE_SECONDS = 0.2


def send(
    *,
    sender: Annotated[str, typer.Option("--from", help="A sender of the workspace.")],
    recipient: Annotated[str, typer.Option("--to", help="Whom to write to.")],
    subject: Annotated[str, typer.Option("--subject")],
    text: Annotated[str | None, typer.Option("--text", help="The mail as plain text.")] = None,
    body: Annotated[
        Path | None, typer.Option("--body", help="The mail as a .md, .html or .txt file.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Instead of the sender's default channel.")
    ] = None,
    plugin: Annotated[
        Plugin | None,
        typer.Option("--plugin", help="The mail plugin it was written in: its account sends it."),
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", help="A file to attach; may be repeated.")
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Do not wait for the outcome.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send one mail to one person, and say what became of it.

    It goes before campaigns: a part of every quota is kept for such mail. The exit status is 1
    unless it was sent.

    Example: postroad send --from ana@acme.com --to bo@example.com --subject Hello --text Hi
    """
    if (text is None) is (body is None):
        raise typer.BadParameter("give either --text or --body")
    definition = define_single_mail(
        sender=sender,
        recipient=recipient,
        subject=subject,
        text=text,
        body=body,
        channel=channel,
        plugin=plugin,
        attachments=attach or [],
    )
    send_and_tell(definition, no_wait=no_wait, as_json=as_json)


def send_and_tell(definition: Definition, *, no_wait: bool = False, as_json: bool) -> None:
    """Send a campaign of one mail, and say what became of it.

    Raises:
        Refused: it cannot be sent, or was not.
        Exit: it was not sent, and that was printed as JSON.
    """
    settings = load_settings()
    with opened_ledger(settings) as ledger:
        warn_about_channels(ledger, definition)
        launched = asyncio.run(_launch(settings, ledger, definition))
        if no_wait:
            _tell_launched(launched, as_json=as_json)
            return
        outcome = _wait(ledger, launched.campaign, show=not as_json)
    if as_json:
        print_json(outcome)
        if outcome.state != MessageState.SENT:
            raise typer.Exit(1)
        return
    _tell(outcome)


async def _launch(settings: Settings, ledger: Ledger, definition: Definition) -> Launched:
    client = await connect(settings)
    return await launch_definition(client, ledger, settings.temporal.task_queue, definition)


def _wait(ledger: Ledger, campaign: str, *, show: bool) -> SingleOutcome:
    with ExitStack() as stack:
        if show and on_terminal():
            words = f"{campaign} is on its way; Ctrl-C leaves, and it goes on"
            stack.enter_context(Console().status(words))
        while True:
            with ledger.read() as connection:
                outcome = single_outcome(connection, campaign)
            if outcome is not None:
                return outcome
            time.sleep(_PAUSE_SECONDS)


def _tell_launched(launched: Launched, *, as_json: bool) -> None:
    if as_json:
        print_json({"campaign": launched.campaign, "workflow_id": launched.workflow_id})
    else:
        say(f"{launched.campaign} is on its way: `postroad status {launched.campaign}`")


def _tell(outcome: SingleOutcome) -> None:
    if outcome.state == MessageState.SENT:
        say(f"sent by {outcome.channel} as {outcome.message_id}")
        return
    if outcome.state == MessageState.UNCERTAIN:
        raise Refused(
            f"uncertain: {outcome.reason}; `postroad uncertain list {outcome.campaign}` lets you "
            "resend or dismiss it"
        )
    raise Refused(f"{outcome.state}: {outcome.reason}")
