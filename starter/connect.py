"""`postroad channel connect`: a person agrees in their browser that a channel acts for them."""

import asyncio
import threading
import webbrowser
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import SecretStr

from operations.clock import now
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.temporal import connect as connect_to_temporal
from operations.waking import wake_channel
from postroad.channels.base import ChannelError
from postroad.channels.build import build_channel
from postroad.channels.consent import (
    ConsentRefused,
    ConsentRequest,
    NoConsentWanted,
    ask_consent,
    consent_request,
)
from postroad.channels.device_code import DeviceCode, ask_consent_by_code
from postroad.contracts import ChannelState
from postroad.ledger.channels import channel_state, resume_channel
from postroad.ledger.engine import Ledger
from postroad.ledger.tokens import keep_refresh_token
from postroad.ledger.workspace import load_channel
from postroad.secrets import SecretBox, secret_box
from postroad.settings import load_settings
from postroad.wording import say_count
from postroad.workspace import Channel, ExchangeOnlineChannel, GmailChannel
from starter.arguments import By
from starter.terminal import say

_PATIENCE = timedelta(minutes=10)
_BROKEN = (ChannelState.UNAUTHORISED, ChannelState.MISCONFIGURED)
_ByConsent = GmailChannel | ExchangeOnlineChannel

Ask = Callable[[_ByConsent], Awaitable[str]]
"""Has the channel's person agree; returns the refresh token."""


def connect(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's id.")],
    by: By,
    *,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser, or only say where.")
    ] = True,
    device_code: Annotated[
        bool, typer.Option("--device-code", help="Exchange Online: agree on any other device.")
    ] = False,
) -> None:
    """Let a channel's person agree in their browser, and keep what lets it send for them.

    A channel that had lost its authorisation is active again afterwards.

    Example: postroad channel connect ana-gmail
    """

    async def ask(found: _ByConsent) -> str:
        if device_code:
            return await _ask_by_code(found)
        return await _ask_in_browser(found, open_it=browser)

    asyncio.run(connect_channel(channel, by, ask))


async def connect_channel(channel: str, by: str, ask: Ask) -> None:
    """Connect a channel: ask, check whose consent it is, keep it, and wake who waits for it.

    Args:
        channel: its id.
        by: who does it, for the record.
        ask: has the person agree.

    Raises:
        Refused: it cannot be connected, or they did not agree; nothing is changed.
    """
    settings = load_settings()
    box = secret_box(settings)
    with opened_ledger(settings) as ledger:
        found, state = _load(ledger, channel, box)
        # First: what is resumed must be woken.
        client = await connect_to_temporal(settings) if state in _BROKEN else None
        try:
            refresh_token = await ask(found)
        except (ConsentRefused, ChannelError) as error:
            raise Refused(f"{channel} is not connected: {error}") from None
        refresh_token = await _checked(found, refresh_token)
        with ledger.write() as connection:
            keep_refresh_token(connection, channel, refresh_token, box)
            woken = [] if client is None else resume_channel(connection, channel, by, now())
    if client is None:
        say(f"{channel} is connected as {found.address}{_stays(state)}")
        return
    await wake_channel(client, channel, woken, f"{channel} connected by {by}")
    say(f"{channel} is connected as {found.address}; {say_count(len(woken), 'sequence')} woken")


async def _ask_in_browser(channel: _ByConsent, *, open_it: bool) -> str:
    def show(address: str) -> None:
        say(f"Open this address in a browser on this machine, and agree as {channel.address}:")
        say(address)
        if open_it:
            # A browser may keep whoever opened it: nobody waits for this thread.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    return await ask_consent(_request(channel), show, _PATIENCE)


async def _ask_by_code(channel: _ByConsent) -> str:
    if not isinstance(channel, ExchangeOnlineChannel):
        raise Refused(
            f"{channel.id} cannot be connected by a code: Google gives none for mail; "
            f"`postroad channel connect {channel.id}` asks in a browser"
        )

    def show(code: DeviceCode) -> None:
        say(f"On any device, open {code.page} and enter the code {code.user_code},")
        say(f"then agree as {channel.address}.")

    return await ask_consent_by_code(_request(channel), show, _PATIENCE)


def _load(ledger: Ledger, channel: str, box: SecretBox) -> tuple[_ByConsent, ChannelState]:
    with ledger.read() as connection:
        found = load_channel(connection, channel, box)
        state = channel_state(connection, channel)
    if found is None or state is None:
        raise Refused(f"there is no channel {channel!r}: `postroad channel list` shows them")
    _request(found)
    if not isinstance(found, _ByConsent):
        raise Refused(_not_by_consent(found, "acts for nobody in person"))
    return found, state[0]


def _request(channel: Channel) -> ConsentRequest:
    try:
        return consent_request(channel, channel.address or "")
    except NoConsentWanted as why:
        raise Refused(_not_by_consent(channel, str(why))) from None


def _not_by_consent(channel: Channel, why: str) -> str:
    return (
        f"{channel.id} is not connected by a person's consent: it {why}; "
        f"`postroad channel verify {channel.id}` checks it"
    )


async def _checked(channel: _ByConsent, refresh_token: str) -> str:
    """Refuse the consent of somebody else, or one that leaves something out.

    Returns:
        The refresh token, or the one that replaced it on its first use.
    """
    latest = refresh_token

    async def rotated(new: str) -> None:
        nonlocal latest
        latest = new

    credentials = channel.credentials.model_copy(update={"refresh_token": SecretStr(refresh_token)})
    connected = channel.model_copy(update={"credentials": credentials})
    trial = build_channel(connected, channel.address, rotated=rotated)
    try:
        verification = await trial.verify()
    finally:
        await trial.aclose()
    if not verification.ok:
        raise Refused(f"{channel.id} is not connected: {verification.findings[-1]}")
    return latest


def _stays(state: ChannelState) -> str:
    return "" if state is ChannelState.ACTIVE else f", and stays {state}"
