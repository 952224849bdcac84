"""Choosing the delivery channel of a message: a pure decision that says why."""

from collections.abc import Mapping
from dataclasses import dataclass

from postroad.contracts import ChannelState


@dataclass(frozen=True, slots=True)
class ChannelOption:
    """What the decision needs to know of a channel."""

    id: str
    kind: str
    address: str | None
    shared: bool
    state: ChannelState
    state_reason: str = ""


@dataclass(frozen=True, slots=True)
class ChannelWish:
    """What is known of the message before a channel is chosen."""

    sender: str
    step_channel: str | None
    campaign_channel: str | None
    default_channel: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The message goes out through this channel."""

    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class NoChannel:
    """No channel may take the message now; it waits, and this is what people are told."""

    why: str


def choose_channel(wish: ChannelWish, options: Mapping[str, ChannelOption]) -> Chosen | NoChannel:
    """Choose in this order: the step's, the campaign's, the sender's default, the only, the team's.

    A channel that was asked for by name but may not send is waited for, never replaced: a
    follow-up from another account would surprise the person who gets it.
    """
    named = (
        (wish.step_channel, "the step names it"),
        (wish.campaign_channel, "the campaign names it"),
        (wish.default_channel, f"it is the default of {wish.sender}"),
    )
    for channel_id, why in named:
        if channel_id is not None:
            return _usable(options.get(channel_id), channel_id, why)
    own = [option for option in options.values() if option.address == wish.sender]
    if len(own) == 1:
        return _usable(own[0], own[0].id, f"it is the only channel of {wish.sender}")
    if own:
        return NoChannel(f"{wish.sender} has {len(own)} channels and no default_channel")
    team = [option for option in options.values() if option.shared]
    if len(team) == 1:
        return _usable(team[0], team[0].id, "it is the team's shared channel")
    if team:
        return NoChannel(
            f"{len(team)} channels are shared and {wish.sender} has no default_channel"
        )
    return NoChannel(f"{wish.sender} has no channel: add one to the workspace file")


def stands_still(option: ChannelOption) -> str:
    """Return why a channel that is not active does not send."""
    reason = f" ({option.state_reason})" if option.state_reason else ""
    return f"{option.id} is {option.state}{reason}"


def _usable(option: ChannelOption | None, channel_id: str, why: str) -> Chosen | NoChannel:
    if option is None:
        return NoChannel(f"the workspace has no channel {channel_id}")
    if option.state is not ChannelState.ACTIVE:
        return NoChannel(stands_still(option))
    return Chosen(channel_id, why)
