"""Delivery channels: how they are, what limits them, what waits; pausing, resuming, checking."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import text
from console.installation import installation_of
from console.pages.channel_cards import ChannelCard, channel_cards, channel_place
from console.rendering import render
from console.routing import Change, Done, Page
from operations.clock import now
from operations.refusal import Refused
from operations.verifying import verify_channel
from operations.waking import wake_if_possible
from postroad.contracts import ChannelState, mailbox_workflow_id
from postroad.instants import DAY
from postroad.ledger.channels import pause_channel, resume_channel
from postroad.ledger.pages.channel import channel_page
from postroad.wording import say_count

_WEEK = 7 * DAY


def routes() -> list[BaseRoute]:
    """Return the list, a channel, and what can be done about it."""
    return [
        Page("/channels", _list),
        Page("/channels/{channel}", _channel),
        Change("/channels/{channel}/pause", "pause channel", _pause, Permission.ADMINISTER),
        Change("/channels/{channel}/resume", "resume channel", _resume, Permission.ADMINISTER),
        Change("/channels/{channel}/check", "check channel", _check, Permission.ADMINISTER),
    ]


async def _list(request: Request) -> Response:
    cards = await installation_of(request).read(channel_cards, now(), viewer_of(request).sender)
    return render(request, "channels.html", cards=cards)


async def _channel(request: Request) -> Response:
    card, present = await _card(request), now()
    page = await installation_of(request).read(
        channel_page, card.channel.id, present, present - _WEEK
    )
    return render(request, "channel.html", card=card, page=page)


async def _pause(request: Request) -> Done:
    card = await _card(request)
    channel = card.channel.id
    if card.channel.state is not ChannelState.ACTIVE:
        raise Refused(f"{channel} is {card.channel.state} already")
    reason = text(await request.form(), "reason")
    await installation_of(request).write(
        pause_channel, channel, viewer_of(request).email, reason, now()
    )
    because = f": {reason}" if reason else ""
    return Done(f"{channel} is paused{because}", channel, channel_place(channel))


async def _resume(request: Request) -> Done:
    card, installation = await _card(request), installation_of(request)
    channel, by = card.channel.id, viewer_of(request).email
    if card.channel.state is ChannelState.ACTIVE:
        raise Refused(f"{channel} is active already")
    await installation.temporal()  # first: what is resumed must be woken
    woken = await installation.write(resume_channel, channel, by, now())
    waiting = [*woken, mailbox_workflow_id(channel)]
    missed = await wake_if_possible(installation.settings, waiting, f"{channel} resumed by {by}")
    words = missed or f"{channel} is active; {say_count(len(woken), 'sequence')} woken"
    return Done(words, channel, channel_place(channel))


async def _check(request: Request) -> Done:
    """Connect to the provider and sign in."""
    installation, channel = installation_of(request), (await _card(request)).channel.id
    checking = verify_channel(installation.ledger, installation.secrets, channel)
    verification = await checking
    findings = "; ".join(verification.findings)
    if not verification.ok:
        raise Refused(f"{channel} cannot send: {findings}")
    return Done(f"{channel} is ready to send: {findings}", channel, channel_place(channel))


async def _card(request: Request) -> ChannelCard:
    """Return the channel in the address, where the viewer may see it."""
    cards = await installation_of(request).read(channel_cards, now(), viewer_of(request).sender)
    for card in cards:
        if card.channel.id == request.path_params["channel"]:
            return card
    raise HTTPException(404)
