"""From a booked wave to its result: resolve doubts, send, book again what came too late."""

import asyncio

import structlog

from activities.doubt import resolve_interrupted
from activities.error_policy import Hold, Stop
from activities.heartbeats import alongside
from activities.wave import SendingTools, Wave
from postroad.contracts import MessageState, SendWave, WaveSent
from postroad.instants import SECOND
from postroad.ledger.bounce_rates import too_many
from postroad.ledger.channel_state import hold_channel, stop_channel
from postroad.ledger.engine import Ledger
from postroad.ledger.quota import rebook_wave, tolerance_of
from postroad.ledger.settlement import Deferred, Failed, Outcome, Returned
from postroad.ledger.waves import WaveMessage, count_wave, load_wave, return_wave

_log = structlog.get_logger(__name__)

_LOOK_SECONDS = 1.0


class WaveRun:
    """One attempt of the send_wave activity."""

    def __init__(
        self,
        request: SendWave,
        *,
        sequence: int,
        attempt: int,
        ledger: Ledger,
        tools: SendingTools,
    ) -> None:
        self._request = request
        self._sequence = sequence
        self._attempt = attempt
        self._ledger = ledger
        self._tools = tools
        self._wave: Wave | None = None
        self._halted_because = ""
        self._done = 0
        self._deferred = 0
        self._failed = 0
        self._returned = 0

    @property
    def progress(self) -> str:
        """How far the wave is, for its heartbeats."""
        done = self._done + (self._wave.outcomes.total() if self._wave else 0)
        return f"{done} messages done"

    def halt(self, reason: str) -> None:
        """Take no further message; those on the wire are finished."""
        self._halted_because = reason
        if self._wave is not None:
            self._wave.halt(reason)

    async def send(self) -> WaveSent:
        """Send everything that may leave now, and say what became of the wave."""
        words = ""
        parked = False
        while reserved := await self._resolve_doubts(await asyncio.to_thread(self._load)):
            wave = await self._send_reserved(reserved)
            words = wave.words or words
            parked = isinstance(wave.channel, Stop)
            if not await asyncio.to_thread(self._conclude, wave):
                break
        return await asyncio.to_thread(self._result, words, parked=parked)

    async def _resolve_doubts(self, messages: list[WaveMessage]) -> list[WaveMessage]:
        """Decide about what an earlier attempt left in doubt; return what is merely reserved."""
        reserved: list[WaveMessage] = []
        outcomes: list[Outcome] = []
        for message in messages:
            if message.state is MessageState.RESERVED:
                reserved.append(message)
            else:
                outcomes.append(await resolve_interrupted(message, self._tools))
        if outcomes:
            await self._tools.journal.record(outcomes, None)
            self._count(outcomes)
        return reserved

    async def _send_reserved(self, reserved: list[WaveMessage]) -> Wave:
        self._wave = wave = Wave(
            reserved,
            number=self._request.wave,
            attempt=self._attempt,
            tolerance=await asyncio.to_thread(self._tolerance),
            tools=self._tools,
        )
        if self._halted_because:
            wave.halt(self._halted_because)
        async with alongside(self._watch_refusals(wave)):
            await wave.send()
        return wave

    async def _watch_refusals(self, wave: Wave) -> None:
        """Stop a wave in which too many people are refused; what is booked next pauses for it.

        The refusals of a wave's beginning prove nothing until enough of it has been sent.
        """
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            # Only looked at here: a wave at full speed leaves others no room to write.
            refused = self._failed + wave.outcomes[Failed]
            if refused and (words := await asyncio.to_thread(self._too_many)):
                wave.halt(words)

    def _too_many(self) -> str:
        request, now = self._request, self._tools.clock.now()
        with self._ledger.read() as connection:
            return too_many(connection, request.channel, request.campaign_id, now)

    def _conclude(self, wave: Wave) -> bool:
        """Record what the provider said, and book the rest again; return whether any is left."""
        now = self._tools.clock.now()
        channel = self._request.channel
        self._done += wave.outcomes.total()
        self._deferred += wave.outcomes[Deferred]
        self._failed += wave.outcomes[Failed]
        self._returned += wave.outcomes[Returned]
        self._wave = None
        with self._ledger.write() as connection:
            match wave.channel:
                case Hold(until, words):
                    hold_channel(connection, channel, until, words)
                    _log.info("channel_held", seconds=(until - now) // SECOND)
                case Stop(state, words):
                    stop_channel(connection, channel, state, words, now)
                    _log.warning("channel_stopped", state=state)
            if not wave.rest:
                return False
            if wave.is_late and rebook_wave(connection, self._request, now):
                return True
            self._returned += return_wave(connection, self._sequence, self._request.wave)
            return False

    def _count(self, outcomes: list[Outcome]) -> None:
        self._done += len(outcomes)
        self._returned += sum(isinstance(outcome, Returned) for outcome in outcomes)

    def _result(self, words: str, *, parked: bool) -> WaveSent:
        with self._ledger.read() as connection:
            states = count_wave(connection, self._sequence, self._request.wave)
        return WaveSent(
            sent=states.get(MessageState.SENT, 0),
            failed=states.get(MessageState.FAILED, 0),
            uncertain=states.get(MessageState.UNCERTAIN, 0),
            suppressed=states.get(MessageState.SUPPRESSED, 0),
            deferred=self._deferred,
            returned=self._returned,
            parked=parked,
            words=words,
        )

    def _tolerance(self) -> int:
        with self._ledger.read() as connection:
            return tolerance_of(connection, self._request.channel)

    def _load(self) -> list[WaveMessage]:
        with self._ledger.read() as connection:
            return load_wave(
                connection, self._request.campaign_id, self._sequence, self._request.wave
            )
