"""Sending one wave: several connections at once, one message at a time on each.

A message is rendered, waits for its slot, is claimed in the ledger, sent, and settled together
with the claim of the next one. Whatever is not tried goes back to be due again.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from activities.clock import Clock
from activities.composing import Composing, Unsendable
from activities.doubt import resolve_doubt
from activities.error_policy import Hold, Stop, consequence, unreachable
from postroad.channels.base import (
    Ambiguous,
    ChannelError,
    Connection,
    DeliveryChannel,
    OutgoingMessage,
)
from postroad.contracts import EnrollmentState
from postroad.instants import SECOND
from postroad.ledger.claims import Claim, Granted, Held, Postponed, Stopped, Taken
from postroad.ledger.journal import Journal
from postroad.ledger.settlement import Failed, Outcome, Returned, Sent, Suppressed
from postroad.ledger.waves import WaveMessage


@dataclass(frozen=True, slots=True)
class SendingTools:
    """What a wave works with."""

    channel: DeliveryChannel
    composing: Composing
    journal: Journal
    clock: Clock
    resend_uncertain: bool
    """The channel's `on_uncertain` is `resend`."""


class Wave:
    """One attempt at sending messages that share their slots' neighbourhood."""

    def __init__(
        self,
        messages: Sequence[WaveMessage],
        *,
        number: int,
        attempt: int,
        tolerance: int,
        tools: SendingTools,
    ) -> None:
        """Prepare a wave.

        Args:
            messages: reserved messages in the order of their slots.
            number: the wave's number within its sequence.
            attempt: the activity's attempt, which fences off earlier ones.
            tolerance: how long after its slot a message may still leave, in milliseconds.
            tools: channel, composing, journal, clock.
        """
        self._queue = deque(messages)
        self._number = number
        self._attempt = attempt
        self._tolerance = tolerance
        self._tools = tools
        self._connected = False
        self._halted = False
        self.is_late = False
        """The slots of the rest have passed: they must be booked again."""
        self.channel: Hold | Stop | None = None
        """What the provider's answers mean for everybody who uses the channel."""
        self.words = ""
        """Why the last message that was not sent was not sent."""
        self.outcomes: Counter[type[Outcome]] = Counter()

    def halt(self, words: str) -> None:
        """Take no further message; those on the wire are finished."""
        self._halted = True
        self.words = words

    @property
    def rest(self) -> bool:
        """Whether messages are left that were not tried."""
        return bool(self._queue)

    async def send(self) -> None:
        """Send until the queue is empty or the wave is halted."""
        lanes = min(self._tools.channel.connections, len(self._queue))
        async with asyncio.TaskGroup() as group:
            for _ in range(lanes):
                group.create_task(self._send_on_one_connection())

    async def _send_on_one_connection(self) -> None:
        settled: list[Outcome] = []
        try:
            async with self._tools.channel.connection() as connection:
                self._connected = True
                while (message := await self._next()) is not None:
                    settled = await self._send_one(connection, message, settled)
        except ChannelError as error:
            # Raised by opening the connection alone: nothing left. Others may still be open.
            if not self._connected:
                self._suffer(unreachable(error, self._tools.clock.now()), error.words)
        if settled:
            await self._tools.journal.record(settled, None)

    async def _next(self) -> WaveMessage | None:
        """Wait for the next message's slot and take it."""
        while self._queue and not self._halted:
            now, slot = self._tools.clock.now(), self._queue[0].slot
            if now > slot + self._tolerance:
                self.is_late = True
                self.halt("the slot has passed")
            elif now < slot:
                await asyncio.sleep(min(slot - now, SECOND) / SECOND)
            else:
                return self._queue.popleft()
        return None

    async def _send_one(
        self, connection: Connection, message: WaveMessage, settled: list[Outcome]
    ) -> list[Outcome]:
        """Send one message; return what is to be settled together with the next claim."""
        now = self._tools.clock.now
        try:
            ready, version = self._tools.composing.compose(message, now())
        except Unsendable as error:
            failed = Failed(message.subject, now(), EnrollmentState.FAILED, str(error))
            return [*settled, self._note(failed)]
        wish = Claim(message.subject.message, self._number, self._attempt, version)
        match await self._tools.journal.record(settled, wish):
            case Granted():
                return [self._note(await self._hand_over(connection, message, ready))]
            case Stopped(reason, unsubscribed):
                return [self._note(Suppressed(message.subject, now(), reason, unsubscribed))]
            case Postponed(reason):
                self.halt(reason)
                return [self._note(Returned(message.subject, now(), reason))]
            case Held(reason):
                return [self._note(Returned(message.subject, now(), reason))]
            case Taken():
                return []

    async def _hand_over(
        self, connection: Connection, message: WaveMessage, ready: OutgoingMessage
    ) -> Outcome:
        clock = self._tools.clock
        try:
            receipt = await connection.send(ready)
        except Ambiguous as error:
            return await resolve_doubt(message, ready, error.words, self._tools)
        except ChannelError as error:
            meaning = consequence(error, message, clock.now())
            if meaning.channel is not None:
                self._suffer(meaning.channel, error.words)
            return meaning.outcome
        at = clock.now()
        return Sent(
            subject=message.subject,
            at=at,
            provider_id=receipt.provider_id,
            message_id=receipt.message_id or ready.message_id,
            response=receipt.response,
            thread_id=receipt.thread_id,
            next_due_at=self._tools.composing.next_due_at(message, at),
        )

    def _suffer(self, channel: Hold | Stop, words: str) -> None:
        """Stop for what the provider said; a stop says more than a hold."""
        if not isinstance(self.channel, Stop):
            self.channel = channel
        self.halt(words)

    def _note(self, outcome: Outcome) -> Outcome:
        self.outcomes[type(outcome)] += 1
        if not isinstance(outcome, Sent):
            self.words = outcome.reason
        return outcome
