"""`postroad identity`: From addresses, verified before their first use on an SMTP channel."""

import asyncio
import secrets
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.note_to_self import note_to_self
from operations.opening import normalised, opened_ledger
from operations.refusal import Refused
from operations.waking import wake_if_possible
from postroad.channels.base import ChannelError
from postroad.channels.build import build_channel
from postroad.ledger.engine import Ledger
from postroad.ledger.identities import (
    ask_to_verify,
    channels_to_verify,
    list_identities,
)
from postroad.ledger.identities import confirm as confirm_token
from postroad.ledger.workspace import load_channel, load_sender
from postroad.secrets import SecretBox, secret_box
from postroad.settings import load_settings
from postroad.workspace import Sender
from starter.arguments import AsJson
from starter.terminal import complain, print_json, print_table, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Verify From addresses, so that SMTP channels may send with them.",
)

Identity = Annotated[
    str, typer.Argument(metavar="EMAIL", help="A sender's address, or one of their identities.")
]

_TEXT = """\
{name} <{email}> is to be a sender of Postroad through the delivery channel {channel}.
If that is you, confirm it within a day:

    postroad identity confirm {email} {token}

If you do not expect this mail, ignore it: nothing is sent in your name without that token.
"""


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show which From addresses may be used on the channels that verify them.

    Example: postroad identity list
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        identities = list_identities(connection)
    if as_json:
        print_json(identities)
        return
    if not identities:
        say("No channel asks for verified addresses.")
        return
    print_table(
        ["email", "channel", "state", "since"],
        [[one.email, one.channel, one.state, say_time(one.since)] for one in identities],
    )


@app.command()
def verify(
    email: Identity,
    *,
    channel: Annotated[str | None, typer.Option("--channel", help="Only on this channel.")] = None,
) -> None:
    """Mail a token to an address, through each channel on which it is not verified yet.

    Example: postroad identity verify ana@acme.com --channel team-smtp
    """
    address = normalised(email)
    settings = load_settings()
    with opened_ledger(settings) as ledger:
        sender, channels = _to_verify(ledger, address, channel)
        box = secret_box(settings)
        for each in channels:
            asyncio.run(_mail_token(ledger, box, sender, each))
            say(f"a token is on its way to {address} through {each}")
    say(f"`postroad identity confirm {address} TOKEN` verifies it, within a day")


@app.command()
def confirm(
    email: Identity,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="From the mail.")],
) -> None:
    """Verify an address with the token that was mailed to it; mail held for it leaves.

    Example: postroad identity confirm ana@acme.com 5f0c…
    """
    address = normalised(email)
    settings = load_settings()
    with opened_ledger(settings) as ledger, ledger.write() as connection:
        confirmed = confirm_token(connection, address, token, now())
    if confirmed.refused:
        raise Refused(confirmed.refused)
    say(f"{address} is verified on {', '.join(confirmed.channels)}")
    unwoken = asyncio.run(wake_if_possible(settings, confirmed.wake, f"{address} verified"))
    if unwoken:
        complain(unwoken)


def _to_verify(ledger: Ledger, address: str, channel: str | None) -> tuple[Sender, list[str]]:
    with ledger.read() as connection:
        sender = load_sender(connection, address)
        channels = channels_to_verify(connection, address)
        known = [one.channel for one in list_identities(connection) if one.email == address]
    if sender is None:
        raise Refused(f"the workspace has no sender {address}: add it, or an identity of a sender")
    if channel is None and channels:
        return sender, channels
    if channel in channels:
        return sender, [channel]
    if channel is None or channel in known:
        raise Refused(f"{address} needs no token: `postroad identity list` shows where it stands")
    raise Refused(
        f"{address} has no token to get through {channel!r}: it is no channel of theirs, or one "
        "that verifies nobody"
    )


async def _mail_token(ledger: Ledger, box: SecretBox, sender: Sender, channel_id: str) -> None:
    token = secrets.token_hex(16)
    with ledger.write() as connection:
        stored = load_channel(connection, channel_id, box)
        if stored is None:
            raise Refused(f"the channel {channel_id} was removed meanwhile")
        ask_to_verify(connection, channel_id, sender.email, token, now())
    text = _TEXT.format(name=sender.name, email=sender.email, channel=channel_id, token=token)
    note = note_to_self(sender, f"verify/{channel_id}", f"Postroad: is {sender.email} you?", text)
    channel = build_channel(stored, stored.address)
    try:
        async with channel.connection() as connected:
            await connected.send(note)
    except ChannelError as error:
        raise Refused(
            f"{channel_id} did not take the mail: {error.words}; `postroad channel verify "
            f"{channel_id}` says more"
        ) from None
    finally:
        await channel.aclose()
