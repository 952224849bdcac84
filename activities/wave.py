"""Sending one wave: several connections at once, one message at a time on each.

A message is rendered, waits for its slot, is claimed in the ledger, sent, and settled together
with the claim of the next one. Whatever is not tried goes back to be due again.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from activities.clock import Clock
from activities.composing import Composing, Unsendable
from activities.verdicts import ChannelStop, ScopeHold, judge
from postroad.channels.base import (
    Ambiguous,
    ChannelError,
    Connection,
    DeliveryChannel,
    OutgoingMessage,
)
from postroad.contracts import EnrollmentState
from postroad.instants import SECOND
from postroad.ledger.claims import Claim, Granted, Postponed, Stopped, Taken
from postroad.ledger.journal import Journal
from postroad.ledger.settlement import Failed, Outcome, Returned, Sent, Suppressed, Uncertain
from postroad.ledger.waves import WaveMessage


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a wave stopped early, and what that means for the channel."""

    reason: str
    stop: ChannelStop | None = None
    hold: ScopeHold | None = None
    late: bool = False
    """The slots have expired: the rest must be booked again."""


class Wave:
    """One attempt at sending the messages of a wave."""

    def __init__(
        self,
        messages: list[WaveMessage],
        *,
        number: int,
        attempt: int,
        tolerance: int,
        resend_uncertain: bool,
        channel: DeliveryChannel,
        composing: Composing,
        journal: Journal,
        clock: Clock,
        progress: Callable[[str], None],
    ) -> None:
        """Prepare a wave.

        Args:
            messages: reserved messages in the order of their slots.
            number: the wave's number within its sequence.
            attempt: the activity's attempt, which fences off earlier ones.
            tolerance: how long after its slot a message may still leave, in milliseconds.
            resend_uncertain: the channel's `on_uncertain` is `resend`.
            channel: the open channel.
            composing: renders a message.
            journal: commits outcomes and claims.
            clock: the server's clock.
            progress: called with a few words after every message.
        """
        self._queue = deque(messages)
        self._number = number
        self._attempt = attempt
        self._tolerance = tolerance
        self._resend = resend_uncertain
        self._channel = channel
        self._composing = composing
        self._journal = journal
        self._clock = clock
        self._progress = progress
        self.halt: Halt | None = None
        self.deferred = 0
        self.words = ""

    def stop(self, halt: Halt) -> None:
        """Take no further message; those on the wire are finished."""
        self.halt = self.halt or halt

    @property
    def rest(self) -> list[WaveMessage]:
        """The messages that were not tried."""
        return list(self._queue)

    async def send(self) -> None:
        """Send until the queue is empty or the wave is halted."""
        lanes = min(self._channel.connections, len(self._queue))
        async with asyncio.TaskGroup() as group:
            for _ in range(lanes):
                group.create_task(self._send_on_one_connection())

    async def _send_on_one_connection(self) -> None:
        settled: list[Outcome] = []
        try:
            async with self._channel.connection() as connection:
                while (message := await self._next()) is not None:
                    settled = await self._send_one(connection, message, settled)
        except ChannelError as error:  # the connection could not be opened: nothing left
            self._learn(error)
        if settled:
            await self._journal.record(settled, None)

    async def _next(self) -> WaveMessage | None:
        """Wait for the next message's slot and take it."""
        while self._queue and self.halt is None:
            now = self._clock.now()
            slot = self._queue[0].slot
            if now > slot + self._tolerance:
                self.stop(Halt("the slot has passed", late=True))
            elif now < slot:
                await asyncio.sleep(min(slot - now, SECOND) / SECOND)
            else:
                return self._queue.popleft()
        return None

    async def _send_one(
        self, connection: Connection, message: WaveMessage, settled: list[Outcome]
    ) -> list[Outcome]:
        """Send one message; return what is to be settled with the next claim."""
        try:
            ready, version = await self._composing.compose(message, self._clock.now())
        except Unsendable as error:
            return [*settled, self._failed(message, str(error))]
        wish = Claim(
            message.subject.message, self._number, self._attempt, ready.message_id, version
        )
        match await self._journal.record(settled, wish):
            case Granted():
                outcome = await self._attempt_send(connection, message, ready)
            case Stopped(reason, unsubscribed):
                outcome = Suppressed(message.subject, self._clock.now(), reason, unsubscribed)
            case Postponed(reason):
                self.stop(Halt(reason))
                outcome = Returned(message.subject, self._clock.now(), reason)
            case Taken():
                return []
        self._progress(type(outcome).__name__.lower())
        return [outcome]

    async def _attempt_send(
        self, connection: Connection, message: WaveMessage, ready: OutgoingMessage
    ) -> Outcome:
        try:
            receipt = await connection.send(ready)
        except Ambiguous as error:
            return await self._resolve_doubt(message, ready, error)
        except ChannelError as error:
            self._learn(error)
            outcome = judge(error, message, self._clock.now())
            self.deferred += outcome.counts_as_deferred
            return outcome.outcome
        at = self._clock.now()
        return Sent(
            subject=message.subject,
            at=at,
            provider_id=receipt.provider_id,
            message_id=receipt.message_id or ready.message_id,
            response=receipt.response,
            next_due_at=self._composing.next_due_at(message, at),
        )

    async def _resolve_doubt(
        self, message: WaveMessage, ready: OutgoingMessage, error: Ambiguous
    ) -> Outcome:
        return await resolve_doubt(
            message,
            ready,
            error.words,
            channel=self._channel,
            composing=self._composing,
            resend=self._resend,
            now=self._clock.now(),
        )

    def _failed(self, message: WaveMessage, reason: str) -> Failed:
        self.words = reason
        return Failed(message.subject, self._clock.now(), EnrollmentState.FAILED, reason)

    def _learn(self, error: ChannelError) -> None:
        """Draw the consequences of a provider's error for the rest of the wave."""
        self.words = error.words


async def resolve_doubt(
    message: WaveMessage,
    ready: OutgoingMessage,
    words: str,
    *,
    channel: DeliveryChannel,
    composing: Composing,
    resend: bool,
    now: int,
) -> Outcome:
    """Decide about a message that may or may not have left: ask, then hold or resend."""
    raise NotImplementedError
