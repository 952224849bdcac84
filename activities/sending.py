"""Sending a booked wave, and taking up again one that was cut off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from temporalio import activity

from activities.clock import ServerClock
from activities.composing_cache import ComposingCache
from activities.hand_sent import HandSentReader
from activities.heartbeats import alongside, heartbeats
from activities.mailbox_watching import MailboxWatches
from activities.open_channels import OpenChannels
from activities.wave import SendingTools
from activities.wave_run import WaveRun
from postroad.contracts import SendWave, WaveSent
from postroad.ledger.engine import Ledger
from postroad.ledger.journal import Journal
from postroad.ledger.sequences import sequence_id
from postroad.secrets import SecretBox

_log = structlog.get_logger(__name__)


class SendingActivities:
    """Activities that put messages on the wire."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        channels: OpenChannels,
        clock: ServerClock,
        task_queue: str,
        secrets: SecretBox,
    ) -> None:
        """Prepare the activities.

        Args:
            ledger: where messages are.
            journal: commits what was sent.
            channels: this worker's open channels.
            clock: the Temporal server's.
            task_queue: where workflows are worked on.
            secrets: signs the links in campaign mail.
        """
        self._ledger = ledger
        self._journal = journal
        self._channels = channels
        self._composing = ComposingCache(ledger, secrets)
        self._hand_sent = HandSentReader(ledger)
        self._mailboxes = MailboxWatches(ledger, task_queue)
        self._clock = clock

    @activity.defn(name="send_wave")
    async def send_wave(self, request: SendWave) -> WaveSent:
        """Send a wave; a retry sends what is left and resolves what is in doubt."""
        info = activity.info()
        clock = self._clock.read(info)
        opened = await self._channels.open(request.channel)
        run = WaveRun(
            request,
            sequence=await asyncio.to_thread(self._sequence_id, request),
            attempt=info.attempt,
            ledger=self._ledger,
            tools=SendingTools(
                channel=opened.channel,
                composing=await asyncio.to_thread(self._composing.load, request, opened.inbox),
                journal=self._journal,
                clock=clock,
                resend_uncertain=opened.resend_uncertain,
            ),
        )
        async with heartbeats(lambda: run.progress), _halting_at_shutdown(run):
            await self._mailboxes.begin(request.channel, opened.channel, clock)
            sent = await run.send()
            # What stopped it is in the history; it may quote an address.
            _log.info("wave_sent", **sent.model_dump(exclude={"words"}))
            if sent.sent or sent.uncertain:
                await self._mailboxes.sent(request.channel, opened, clock)
            await self._hand_sent.read(request.channel, opened.channel, clock)
            return sent

    def _sequence_id(self, request: SendWave) -> int:
        with self._ledger.read() as connection:
            return sequence_id(connection, request.campaign_id, request.sender)


@asynccontextmanager
async def _halting_at_shutdown(run: WaveRun) -> AsyncIterator[None]:
    """Let the wave finish what is on the wire when this worker is asked to stop."""

    async def watch() -> None:
        await activity.wait_for_worker_shutdown()
        run.halt("the worker is stopping")

    async with alongside(watch()):
        yield
