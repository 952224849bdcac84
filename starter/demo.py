"""`postroad demo`: the main job on embedded parts, with what goes wrong in earnest.

A provider throttles, a person takes their consent back, and the worker is killed in the middle.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx

from operations.clock import now
from operations.launching import launch_campaign
from operations.refusal import Refused
from operations.temporal import connect
from operations.waking import wake
from postroad.channels.consent import ask_consent, consent_request
from postroad.contracts import CampaignState, ChannelState
from postroad.ledger.channels import channel_state
from postroad.ledger.engine import Ledger
from postroad.ledger.overview import CampaignOverview, campaign_overview
from postroad.ledger.reports import campaign_report
from postroad.ledger.uncertain import dismiss, list_uncertain, resend
from postroad.ledger.workspace import apply_workspace
from postroad.sandbox.example import (
    ANA,
    EXCHANGE,
    EXCHANGE_ONLINE,
    FIRST_PORT,
    GMAIL,
    SMTP,
    example_config,
)
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import secret_box
from postroad.settings import Options, Settings, load_settings, with_options
from postroad.wording import say_count
from postroad.workspace import ExchangeOnlineChannel, GmailChannel, Workspace, load_workspace
from starter.connect import connect_channel
from starter.console_verb import console_link
from starter.embedded import EmbeddedStack
from starter.report import print_report
from starter.terminal import say
from starter.waiting import needs_operator
from starter.watch import progress_line

EXAMPLES = Path(__file__).parent.parent / "examples"

_CAMPAIGN = "q4-launch"
_REVOKE_AFTER = 80
_KILL_AFTER = 250
_LONGEST_SECONDS = 110
_LOOK_SECONDS = 1.5
_PATIENCE = timedelta(seconds=20)


def demo() -> None:
    """Send a campaign to 300 people through Gmail, Exchange, Exchange Online and SMTP.

    The campaign has three steps, and the providers are sandboxes: nothing leaves this machine, and
    nothing is left behind. One of them throttles, one loses its authorisation and gets it back,
    and the worker is killed once. It takes about a minute.

    Example: postroad demo
    """
    if not EXAMPLES.is_dir():
        raise Refused(f"the demo needs the project's examples in {EXAMPLES}")
    with (
        tempfile.TemporaryDirectory(prefix="postroad-demo-") as directory,
        with_options(Options(data_dir=Path(directory))),
    ):
        asyncio.run(_Demo(load_settings()).run())


class _Demo:
    """One run of the demo."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = EmbeddedStack(settings)
        self._ledger = Ledger(settings.ledger.url)

    async def run(self) -> None:
        """Run the whole show."""
        try:
            async with asyncio.timeout(_LONGEST_SECONDS), self._running() as sandbox:
                await self._launch(sandbox)
                await self._until(lambda overview: overview.messages.sent >= _REVOKE_AFTER)
                await self._revoke(sandbox)
                await self._until(lambda overview: overview.messages.sent >= _KILL_AFTER)
                self._kill_worker()
                await self._reconnect()
                await self._until(lambda o: _has_ended(o) or needs_operator(o))
                await self._decide(sandbox)
                await self._until(_has_ended)
                self._conclude(sandbox)
        except TimeoutError:
            raise Refused(f"the demo was not over after {_LONGEST_SECONDS} seconds") from None
        finally:
            self._ledger.close()

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[Sandbox]:
        async with (
            await serve(example_config(first_port=None)) as sandbox,
            self._stack.running() as runtime,
        ):
            say("Four sandbox providers, a Temporal server, a ledger and a worker are up.")
            say(f"The console, while this runs: {console_link(self._settings, runtime.console)}")
            say(f"Temporal's web UI, while this runs: {runtime.web_ui}")
            yield sandbox

    async def _launch(self, sandbox: Sandbox) -> None:
        with self._ledger.write() as connection:
            apply_workspace(connection, self._workspace(sandbox), secret_box(self._settings), now())
        launched = await launch_campaign(self._settings, EXAMPLES / "campaign.yaml")
        say(
            f"{launched.campaign} is launched: 3 steps for {launched.people} people of 4 senders; "
            f"{say_count(launched.rejected, 'row')} of the file rejected."
        )

    def _workspace(self, sandbox: Sandbox) -> Workspace:
        """Read the example's workspace, with the ports that were free."""
        text = (EXAMPLES / "workspace.yaml").read_text(encoding="utf-8")
        for number, provider in enumerate((SMTP, GMAIL, EXCHANGE, EXCHANGE_ONLINE), FIRST_PORT):
            text = text.replace(str(number), str(sandbox.port(provider)))
        path = self._settings.data_dir / "workspace.yaml"
        path.write_text(text, encoding="utf-8")
        return load_workspace(path)

    async def _until(self, reached: Callable[[CampaignOverview], bool]) -> None:
        """Wait for a state of the campaign, and tell how far it is meanwhile."""
        told = ""
        while True:
            overview = await asyncio.to_thread(self._overview)
            if (line := progress_line(overview)) != told:
                say(f"  {line}")
                told = line
            if reached(overview):
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _overview(self) -> CampaignOverview:
        with self._ledger.read() as connection:
            overview = campaign_overview(connection, _CAMPAIGN, now())
        if overview is None:
            raise Refused(f"the ledger has no campaign {_CAMPAIGN}")
        return overview

    def _kill_worker(self) -> None:
        pid = self._stack.worker_pid
        if pid is None:
            raise Refused("there is no worker to kill")
        os.kill(pid, signal.SIGKILL)
        say(f"kill -9 {pid}: the worker is dead in the middle of its work. Another one starts.")

    async def _revoke(self, sandbox: Sandbox) -> None:
        """Take a person's consent back, and wait until the channel is parked for it."""
        sandbox.mailbox_providers[GMAIL].tokens.revoke(ANA)
        say("Ana takes her consent back at Google. Nothing of hers fails; the others go on.")
        while True:
            standing = await asyncio.to_thread(self._channel)
            if standing is not ChannelState.ACTIVE:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        say(f"  {GMAIL} is {standing}: `postroad channel connect {GMAIL}` is what it waits for.")

    async def _reconnect(self) -> None:
        """Do what `postroad channel connect` does, with a browser that agrees to everything."""

        async def ask(channel: GmailChannel | ExchangeOnlineChannel) -> str:
            request = consent_request(channel, channel.address)
            return await ask_consent(request, _agree, _PATIENCE)

        say("Ana agrees again, in her browser:")
        await connect_channel(GMAIL, "demo", ask)

    def _channel(self) -> ChannelState | None:
        with self._ledger.read() as connection:
            found = channel_state(connection, GMAIL)
        return None if found is None else found[0]

    async def _decide(self, sandbox: Sandbox) -> None:
        """Do what an operator does: look into the provider's log, then resend or count as sent."""
        with self._ledger.read() as connection:
            doubts = list_uncertain(connection, _CAMPAIGN)
        if not doubts:
            say("Nothing was on the wire when the worker died.")
            return
        logged = {mail.message_id for mail in sandbox.accepted.mails}
        arrived = [doubt.id for doubt in doubts if doubt.message_id in logged]
        lost = [doubt.id for doubt in doubts if doubt.message_id not in logged]
        say(
            f"{say_count(len(doubts), 'message')} were on the wire and may or may not have left. "
            f"The providers' logs have {len(arrived)} of them: these count as sent, "
            f"{len(lost)} are sent again."
        )
        with self._ledger.write() as connection:
            decided = dismiss(connection, arrived, "demo", now(), as_sent=True) if arrived else None
            again = resend(connection, lost, "demo", now()) if lost else None
        woken = {one for each in (decided, again) if each is not None for one in each.wake}
        await wake(await connect(self._settings), sorted(woken), "the operator has decided")

    def _conclude(self, sandbox: Sandbox) -> None:
        with self._ledger.read() as connection:
            counted = campaign_report(connection, _CAMPAIGN)
        if counted is None:
            raise Refused(f"the ledger has no campaign {_CAMPAIGN}")
        print_report(counted)
        counts = sandbox.counts()
        say(
            f"The providers accepted {counts['accepted']} mails, "
            f"{counts['duplicates']} of them twice; the ledger says {counted.messages.sent}."
        )
        if counts["duplicates"] or counts["accepted"] != counted.messages.sent:
            raise Refused("the demo has failed: providers and ledger disagree")


def _has_ended(overview: CampaignOverview) -> bool:
    return overview.state in (CampaignState.COMPLETED, CampaignState.CANCELLED)


def _agree(address: str) -> None:
    """Open the provider's page as a browser would, and follow it back."""
    opening = asyncio.get_running_loop().run_in_executor(
        None, partial(httpx.get, address, follow_redirects=True, trust_env=False)
    )
    opening.add_done_callback(lambda done: done.exception())
