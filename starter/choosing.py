"""`postroad channel explain`: which channel a message would leave by, and why, without sending."""

import asyncio
from typing import Annotated

import typer

from operations.choosing import Question, consider_channels, explained
from operations.opening import opened_ledger, parsed
from postroad.campaign.file import Purpose
from postroad.channels.selection import Chosen, Impossible, NoChannel, Reasoning
from postroad.plugins import Plugin
from starter.arguments import AsJson
from starter.terminal import print_json, print_table, say


def explain(
    *,
    sender: Annotated[str, typer.Option("--from", help="A sender, or one of their identities.")],
    recipient: Annotated[str, typer.Option("--to", help="Whom the message is for.")],
    campaign: Annotated[
        str | None, typer.Option("--campaign", help="As a message of this campaign.")
    ] = None,
    step: Annotated[
        str | None, typer.Option("--step", help="As this step of it; otherwise the first.")
    ] = None,
    purpose: Annotated[
        Purpose | None, typer.Option("--purpose", help="As sales or bulk mail.")
    ] = None,
    plugin: Annotated[
        Plugin | None, typer.Option("--plugin", help="As written in this mail plugin.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which channel a message would leave by, rule by rule, without sending it.

    Example: postroad channel explain --from ana@acme.com --to bob@example.com
    """
    if step is not None and campaign is None:
        raise typer.BadParameter("--step names a step of a --campaign")
    asked = Question(
        sender=parsed(sender).address,
        recipient=parsed(recipient),
        campaign=campaign,
        step=step,
        purpose=purpose,
        plugin=plugin,
    )
    with opened_ledger() as ledger:
        wish, reasoning = asyncio.run(consider_channels(ledger, asked))
    if as_json:
        print_json(explained(asked, wish, reasoning))
    else:
        _tell(reasoning)


def _tell(reasoning: Reasoning) -> None:
    print_table(
        ["rule", "says", "channels"],
        [[one.rule, one.said, ", ".join(one.channels)] for one in reasoning.findings],
    )
    for skipped in reasoning.skipped:
        say(f"not {skipped.channel}: {skipped.why}")
    match reasoning.choice:
        case Chosen(channel=channel, why=why):
            say(f"It would leave by {channel}: {why}.")
        case NoChannel(why=why):
            say(f"It would wait: {why}.")
        case Impossible(why=why):
            say(f"It would fail: {why}.")
