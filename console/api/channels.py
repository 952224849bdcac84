"""Delivery channels: how they are, what limits them, and which one a message would take."""

from typing import Annotated

from fastapi import APIRouter, Query

from console.api.calls import Call, Calling
from console.api.endpoints import Administer, Look
from console.api.values import Answer, Id, IdInPath, Why
from console.pages.channel_cards import channel_cards
from operations.choosing import Explained, Question, consider_channels, explained
from operations.clock import now
from operations.opening import parsed
from operations.refusal import Refused, Unknown
from operations.waking import wake_channel
from postroad.campaign.address import EmailAddress
from postroad.campaign.file import Purpose
from postroad.contracts import ChannelState
from postroad.ledger.channels import ChannelOverview, pause_channel, resume_channel
from postroad.ledger.pages.gauges import Gauge
from postroad.plugins import Plugin
from postroad.wording import say_count

look = APIRouter(route_class=Look, tags=["channels"])
administer = APIRouter(route_class=Administer, tags=["channels"])
ROUTERS = (look, administer)


class ChannelStanding(ChannelOverview):
    """A channel with its limits, and how full they are at this moment."""

    gauges: list[Gauge]


class Channels(Answer):
    """Every channel, by id: those of its sender, and shared ones, for a rep's token."""

    channels: list[ChannelStanding]


@look.get("/channels")
async def list_all(call: Calling) -> Channels:
    """List channels: state, limits, use, and who waits."""
    return Channels(channels=await _channels(call))


@look.get("/channels/{channel}")
async def show(call: Calling, channel: IdInPath) -> ChannelStanding:
    """Say how a channel is."""
    return await _channel(call, channel)


@look.get("/channel-choice")
async def choice(
    call: Calling,
    sender: Annotated[EmailAddress, Query(alias="from")],
    recipient: Annotated[EmailAddress, Query(alias="to")],
    campaign: Annotated[Id | None, Query(description="As a message of this campaign.")] = None,
    step: Annotated[Id | None, Query(description="As this step of it, not the first.")] = None,
    purpose: Annotated[Purpose | None, Query()] = None,
    plugin: Annotated[Plugin | None, Query()] = None,
) -> Explained:
    """Say which channel a message would leave by, rule by rule, without sending it."""
    if call.sender not in (None, sender):
        raise Unknown(f"the workspace has no sender {sender} that this token may see")
    asked = Question(
        sender=sender,
        recipient=parsed(recipient),
        campaign=campaign,
        step=step,
        purpose=purpose,
        plugin=plugin,
    )
    wish, reasoning = await consider_channels(call.installation.ledger, asked)
    return explained(asked, wish, reasoning)


@administer.post("/channels/{channel}/pause")
async def pause(call: Calling, channel: IdInPath, body: Why) -> ChannelStanding:
    """Let nothing more leave through a channel; its messages wait."""
    standing = await _channel(call, channel)
    if standing.state is not ChannelState.ACTIVE:
        raise Refused(f"{channel} is {standing.state} already")
    because = f": {body.reason}" if body.reason else ""
    async with call.change("pause channel", channel) as change:
        await call.installation.write(pause_channel, channel, call.by, body.reason, now())
        change.words = f"{channel} is paused{because}"
    return await _channel(call, channel)


@administer.post("/channels/{channel}/resume")
async def resume(call: Calling, channel: IdInPath) -> ChannelStanding:
    """Let a channel send again, once what stopped it is repaired."""
    standing = await _channel(call, channel)
    if standing.state is ChannelState.ACTIVE:
        raise Refused(f"{channel} is active already")
    client = await call.installation.temporal()  # first: what is resumed must be woken
    async with call.change("resume channel", channel) as change:
        woken = await call.installation.write(resume_channel, channel, call.by, now())
        change.words = f"{channel} is active; {say_count(len(woken), 'sequence')} to wake"
    await wake_channel(client, channel, woken, f"{channel} resumed by {call.by}")
    return await _channel(call, channel)


async def _channels(call: Call) -> list[ChannelStanding]:
    cards = await call.installation.read(channel_cards, now(), call.sender)
    return [ChannelStanding(**card.channel.model_dump(), gauges=card.gauges) for card in cards]


async def _channel(call: Call, channel: str) -> ChannelStanding:
    for standing in await _channels(call):
        if standing.id == channel:
            return standing
    raise Unknown(f"there is no channel {channel}")
