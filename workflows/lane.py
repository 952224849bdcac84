"""One sequence's work on one channel: book a wave, wait for its turn, send it, again."""

import asyncio
from datetime import timedelta
from typing import Protocol

from temporalio import workflow

from postroad.contracts import Reservation, ReserveQuota, SendWave, WaveSent
from workflows import activity_calls
from workflows.tally import Tally

WAVES_IN_FLIGHT = 2
"""While one wave is on the wire the next is booked, so that connections never idle."""


class SequenceContext(Protocol):
    """What a lane needs of its sequence."""

    campaign_id: str
    sender: str
    tally: Tally

    def next_wave(self) -> int:
        """Return a wave number that was never used before."""
        ...

    @property
    def halted(self) -> bool:
        """Whether no further wave may start."""
        ...


class Lane:
    """Runs until the channel has no due message of this sequence, or the sequence halts."""

    def __init__(self, sequence: SequenceContext, channel: str, kind: str) -> None:
        self._sequence = sequence
        self._channel = channel
        self._kind = kind
        self._wave: int | None = None
        """The number of the wave that is asked for; kept until it is booked."""
        self._sends: list[asyncio.Task[WaveSent]] = []
        self._poked = False
        self._parked = False
        self._returned = False
        """Whether a wave gave messages back since the last booking."""
        self.waits_for = ""

    def poke(self) -> None:
        """Ask again now instead of at the time it was told."""
        self._poked = True

    async def run(self) -> None:
        """Work until there is nothing left to do here."""
        while not (self._sequence.halted or self._parked):
            reservation = await self._reserve()
            if reservation.messages:
                self._sends.append(asyncio.create_task(self._send(reservation)))
            if reservation.wait_until is not None:
                await self._wait(reservation)
            elif reservation.messages and reservation.more:
                # Without room for another wave, the time for it is known when this one is out.
                at_once = WAVES_IN_FLIGHT if reservation.room_left else 1
                await self._until_sends_below(at_once)
            else:
                await self._until_sends_below(1)
                if reservation.parked or not self._returned:
                    break
        await self._until_sends_below(1)

    async def _reserve(self) -> Reservation:
        self._poked = False
        self._returned = False
        self._wave = self._wave or self._sequence.next_wave()
        reservation = await activity_calls.reserve_quota(
            ReserveQuota(
                campaign_id=self._sequence.campaign_id,
                sender=self._sequence.sender,
                channel=self._channel,
                wave=self._wave,
            )
        )
        if reservation.messages:
            self._wave = None
        return reservation

    async def _send(self, reservation: Reservation) -> WaveSent:
        steps = ", ".join(reservation.steps)
        result = await activity_calls.send_wave(
            SendWave(
                campaign_id=self._sequence.campaign_id,
                sender=self._sequence.sender,
                channel=self._channel,
                wave=reservation.wave,
            ),
            self._kind,
            what=f"{reservation.messages} messages ({steps})",
        )
        self._sequence.tally.add(result)
        self._parked = self._parked or result.parked
        self._returned = self._returned or result.returned > 0
        return result

    async def _wait(self, reservation: Reservation) -> None:
        """Sleep durably until the turn comes, or something wakes the lane."""
        if reservation.wait_until is None:
            return
        self.waits_for = reservation.reason
        pause = max(reservation.wait_until - workflow.now(), timedelta(milliseconds=1))
        try:
            await workflow.wait_condition(
                lambda: self._poked or self._sequence.halted,
                timeout=pause,
                timeout_summary=f"{self._channel}: {reservation.reason}",
            )
        except TimeoutError:
            pass
        finally:
            self.waits_for = ""

    async def _until_sends_below(self, count: int) -> None:
        """Wait until fewer than `count` waves are on the wire; a failed one fails the lane."""
        while len(self._sends) >= count:
            done, _ = await workflow.wait(self._sends, return_when=asyncio.FIRST_COMPLETED)
            self._sends = [send for send in self._sends if send not in done]
            for send in done:
                send.result()
