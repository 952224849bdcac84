"""`postroad channel`: the ways out, and their state."""

import asyncio
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.temporal import connect
from operations.verifying import verify_channel, with_domains
from operations.waking import wake_channel
from postroad.channels.base import Verification
from postroad.contracts import ChannelState
from postroad.ledger.channels import (
    ChannelOverview,
    channel_state,
    list_channels,
    pause_channel,
    resume_channel,
)
from postroad.ledger.engine import Ledger
from postroad.secrets import secret_box
from postroad.settings import load_settings
from postroad.wording import say_count
from starter.arguments import AsJson, By, Reason
from starter.choosing import explain as explain_verb
from starter.connect import connect as connect_verb
from starter.terminal import print_json, print_table, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Look at the delivery channels, connect, check, pause and resume them.",
)
app.command("connect")(connect_verb)
app.command("explain")(explain_verb)

ChannelId = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's id.")]


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every channel: its state, its limits, what it sent and who waits for it.

    Example: postroad channel list
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        channels = list_channels(connection, now())
    if as_json:
        print_json(channels)
        return
    if not channels:
        say("There is no channel: `postroad apply WORKSPACE.yaml` connects one.")
        return
    print_table(
        ["channel", "kind", "state", "limits", "sent in 24 h", "waiting", "next"],
        [_row(channel) for channel in channels],
    )


@app.command()
def verify(
    channel: ChannelId,
    *,
    test_mail: Annotated[
        bool, typer.Option("--test-mail", help="Also send a mail from its sender to themselves.")
    ] = False,
) -> None:
    """Connect to a channel's provider and sign in.

    Example: postroad channel verify ana-gmail --test-mail
    """
    with opened_ledger() as ledger:
        verification = asyncio.run(_verify(ledger, channel, test_mail=test_mail))
    for finding in verification.findings:
        say(finding)
    if not verification.ok:
        raise Refused(f"{channel} cannot send: correct the workspace file and apply it again")
    say(f"{channel} is ready to send")


async def _verify(ledger: Ledger, channel: str, *, test_mail: bool) -> Verification:
    settings = load_settings()
    verification = await verify_channel(ledger, secret_box(settings), channel, test_mail=test_mail)
    return await with_domains(ledger, settings.dns, channel, verification)


@app.command()
def pause(channel: ChannelId, by: By, reason: Reason = "") -> None:
    """Let nothing more leave through a channel; its messages wait.

    Example: postroad channel pause ana-gmail --reason "warming up"
    """
    with opened_ledger() as ledger, ledger.write() as connection:
        state, why = _known(channel_state(connection, channel), channel)
        if state is not ChannelState.ACTIVE:
            raise Refused(f"{channel} is {state} already ({why})")
        pause_channel(connection, channel, by, reason, now())
    say(f"{channel} is paused")


@app.command()
def resume(channel: ChannelId, by: By) -> None:
    """Let a channel send again, once what stopped it is repaired.

    Example: postroad channel resume ana-gmail
    """
    asyncio.run(_resume(channel, by))


async def _resume(channel: str, by: str) -> None:
    client = await connect(load_settings())  # first: what is resumed must be woken
    with opened_ledger() as ledger, ledger.write() as connection:
        state, _ = _known(channel_state(connection, channel), channel)
        if state is ChannelState.ACTIVE:
            raise Refused(f"{channel} is active already")
        woken = resume_channel(connection, channel, by, now())
    await wake_channel(client, channel, woken, f"{channel} resumed by {by}")
    say(f"{channel} is active; {say_count(len(woken), 'sequence')} woken")


def _known(state: tuple[ChannelState, str] | None, channel: str) -> tuple[ChannelState, str]:
    if state is None:
        raise Refused(f"there is no channel {channel!r}: `postroad channel list` shows them")
    return state


def _row(channel: ChannelOverview) -> list[str]:
    waiting = ""
    if channel.turns_waiting:
        waiting = (
            f"{say_count(channel.messages_waiting, 'message')} of "
            f"{say_count(channel.turns_waiting, 'sequence')}"
        )
    following = say_time(channel.next_turn_at)
    if channel.held_until is not None:
        following = f"{say_time(channel.held_until)} ({channel.held_reason})"
    state = f"{channel.state} ({channel.reason})" if channel.reason else str(channel.state)
    return [
        channel.id,
        channel.kind,
        state,
        ", ".join(channel.limits) or "none of its own",
        f"{channel.sent_24h:,}",
        waiting,
        following,
    ]
