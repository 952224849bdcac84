"""Which channel a message would leave by, and why, without sending it."""

import asyncio
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from operations.clock import now
from operations.networks import mail_networks
from operations.opening import unknown_campaign
from operations.refusal import Unknown
from postroad.campaign.address import Address
from postroad.campaign.file import CampaignSettings, Purpose
from postroad.channels.options import ChannelWish, Options
from postroad.channels.rules import Rule
from postroad.channels.selection import Chosen, Reasoning, choose_channel, consider
from postroad.field_errors import did_you_mean
from postroad.ledger.channel_options import conversation_roots, load_options, load_wish
from postroad.ledger.engine import Ledger
from postroad.ledger.networks import network_decides
from postroad.ledger.overview import campaign_state
from postroad.ledger.room import Room, mark_full
from postroad.ledger.standings import conversation_with
from postroad.ledger.steps import CampaignStep, load_settings, load_steps
from postroad.ledger.workspace import load_sender
from postroad.plugins import Plugin


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
class Question:
    """The message that is asked about."""

    sender: str
    recipient: Address
    campaign: str | None
    step: str | None
    purpose: Purpose | None
    plugin: Plugin | None


async def consider_channels(ledger: Ledger, asked: Question) -> tuple[ChannelWish, Reasoning]:
    """Return what is known of a message, and what each rule says of it.

    Raises:
        Unknown: the workspace has no such sender, or there is no such campaign or step.
    """
    wish, options = await asyncio.to_thread(_look, ledger, asked)
    if network_decides(wish, options):
        network = await mail_networks().of(asked.recipient.domain)
        wish = replace(wish, network=network)
    return wish, consider(wish, options)


def _look(ledger: Ledger, asked: Question) -> tuple[ChannelWish, Options]:
    with ledger.read() as connection:
        options = load_options(connection)
        wish = _wish(connection, asked, options)
        if wish.fallback:
            options = mark_full(options, wish, Room(connection, None, now()))
    return wish, options


def _wish(connection: Connection, asked: Question, options: Options) -> ChannelWish:
    """Return what would be known of the message."""
    if load_sender(connection, asked.sender) is None:
        raise Unknown(f"the workspace has no sender {asked.sender}: `postroad apply` adds one")
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
    asked: Question,
    wish: ChannelWish,
    steps: list[CampaignStep],
    options: Options,
) -> ChannelWish:
    """Return the wish of one step; a follow-up's conversation began, or would begin, somewhere."""
    by_id = {step.id: step for step in steps}
    name = asked.step or steps[0].id
    if name not in by_id:
        raise Unknown(f"{asked.campaign} has no step {name!r}; {did_you_mean(name, by_id)}")
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


def explained(asked: Question, wish: ChannelWish, reasoning: Reasoning) -> Explained:
    """Return the reasoning as programs read it."""
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
