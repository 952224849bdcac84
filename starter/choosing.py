"""`postroad channel explain`: which channel a message would leave by, and why, without sending."""

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from operations.clock import now
from operations.networks import mail_networks
from operations.opening import opened_ledger, parsed, unknown_campaign
from operations.refusal import Refused
from postroad.campaign.address import Address
from postroad.campaign.file import CampaignSettings, Purpose
from postroad.channels.options import ChannelWish, Options
from postroad.channels.rules import Rule
from postroad.channels.selection import (
    Chosen,
    Impossible,
    NoChannel,
    Reasoning,
    choose_channel,
    consider,
)
from postroad.field_errors import did_you_mean
from postroad.ledger.channel_options import conversation_roots, load_options, load_wish
from postroad.ledger.networks import network_decides
from postroad.ledger.overview import campaign_state
from postroad.ledger.room import Room, mark_full
from postroad.ledger.standings import conversation_with
from postroad.ledger.steps import CampaignStep, load_settings, load_steps
from postroad.ledger.workspace import load_sender
from postroad.plugins import Plugin
from starter.arguments import AsJson
from starter.terminal import print_json, print_table, say


class RuleHeard(BaseModel):
    """What one rule said."""

    model_config = ConfigDict(frozen=True)

    rule: Rule
    said: str
    channels: tuple[str, ...]


class SkippedChannel(BaseModel):
    """A channel that was named and cannot take the message now."""

    model_config = ConfigDict(frozen=True)

    channel: str
    why: str


class Explained(BaseModel):
    """What `channel explain --json` prints."""

    model_config = ConfigDict(frozen=True)

    sender: str
    recipient: str
    network: str
    """The recipient's mail network; `unknown` as well where it does not matter."""
    rules: list[RuleHeard]
    skipped: list[SkippedChannel]
    channel: str | None
    """None where the message would wait, or fail."""
    why: str


@dataclass(frozen=True, slots=True)
class _Question:
    """The message that is asked about."""

    sender: str
    recipient: Address
    campaign: str | None
    step: str | None
    purpose: Purpose | None
    plugin: Plugin | None


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
    asked = _Question(
        sender=parsed(sender).address,
        recipient=parsed(recipient),
        campaign=campaign,
        step=step,
        purpose=purpose,
        plugin=plugin,
    )
    with opened_ledger() as ledger, ledger.read() as connection:
        options = load_options(connection)
        wish = _wish(connection, asked, options)
        if wish.fallback:
            options = mark_full(options, wish, Room(connection, None, now()))
    if network_decides(wish, options):
        network = asyncio.run(mail_networks().of(asked.recipient.domain))
        wish = replace(wish, network=network)
    reasoning = consider(wish, options)
    if as_json:
        print_json(_explained(asked, wish, reasoning))
    else:
        _tell(reasoning)


def _wish(connection: Connection, asked: _Question, options: Options) -> ChannelWish:
    """Return what would be known of the message."""
    if load_sender(connection, asked.sender) is None:
        raise Refused(f"the workspace has no sender {asked.sender}: `postroad apply` adds one")
    settings, steps = CampaignSettings(), list[CampaignStep]()
    if asked.campaign is not None:
        if campaign_state(connection, asked.campaign) is None:
            raise unknown_campaign(asked.campaign)
        settings = load_settings(connection, asked.campaign)
        steps = load_steps(connection, asked.campaign)
    told = {"purpose": asked.purpose, "plugin": asked.plugin}
    settings = settings.model_copy(update={name: it for name, it in told.items() if it is not None})
    wish = load_wish(connection, asked.sender, settings)
    return _of_step(connection, asked, wish, steps, options) if steps else wish


def _of_step(
    connection: Connection,
    asked: _Question,
    wish: ChannelWish,
    steps: list[CampaignStep],
    options: Options,
) -> ChannelWish:
    """Return the wish of one step; a follow-up's conversation began, or would begin, somewhere."""
    by_id = {step.id: step for step in steps}
    name = asked.step or steps[0].id
    if name not in by_id:
        raise Refused(f"{asked.campaign} has no step {name!r}; {did_you_mean(name, by_id)}")
    position = by_id[name].position
    root = conversation_roots(steps).get(position)
    if root is None:
        return replace(wish, step_channel=by_id[name].settings.channel)
    began = conversation_with(
        connection, asked.campaign or "", asked.recipient.address, root, position
    )
    if began is None:
        first = choose_channel(replace(wish, step_channel=steps[root].settings.channel), options)
        began = first.channel if isinstance(first, Chosen) else None
    return replace(wish, step_channel=by_id[name].settings.channel, conversation=began)


def _explained(asked: _Question, wish: ChannelWish, reasoning: Reasoning) -> Explained:
    choice = reasoning.choice
    return Explained(
        sender=asked.sender,
        recipient=asked.recipient.recipient,
        network=wish.network,
        rules=[
            RuleHeard(rule=one.rule, said=one.said, channels=one.channels)
            for one in reasoning.findings
        ],
        skipped=[SkippedChannel(channel=one.channel, why=one.why) for one in reasoning.skipped],
        channel=choice.channel if isinstance(choice, Chosen) else None,
        why=choice.why,
    )


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
