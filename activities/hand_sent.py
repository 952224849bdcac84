"""Looking into Sent folders for mail that people sent themselves, now and then."""

import asyncio
import time

import structlog

from activities.clock import Clock
from postroad.channels.base import ChannelError, DeliveryChannel
from postroad.instants import DAY, MINUTE
from postroad.ledger.engine import Ledger
from postroad.ledger.hand_sent import record_hand_sent

_EVERY_SECONDS = 300.0
_MOST_SECONDS = 20.0
_OVERLAP = 10 * MINUTE
"""A mail may show up in the folder a little after it was sent."""
_log = structlog.get_logger(__name__)


class HandSentReader:
    """This worker's view of the Sent folders behind its channels."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._read_at: dict[str, float] = {}
        self._up_to: dict[str, int] = {}

    async def read(self, channel_id: str, channel: DeliveryChannel, clock: Clock) -> None:
        """Count what was sent by hand, unless it was counted minutes ago.

        A folder that cannot be read now keeps no mail from leaving: it is read later.
        """
        due = self._read_at.get(channel_id, -_EVERY_SECONDS) + _EVERY_SECONDS
        if time.monotonic() < due:
            return
        self._read_at[channel_id] = time.monotonic()
        now = clock.now()
        since = self._up_to.get(channel_id, now - DAY) - _OVERLAP
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                instants = await channel.sent_by_hand(since)
        except (ChannelError, TimeoutError) as error:
            _log.info("sent_folder_not_read", channel=channel_id, error=type(error).__name__)
            return
        if instants is not None:
            await asyncio.to_thread(self._record, channel_id, instants, since)
            self._up_to[channel_id] = now

    def _record(self, channel: str, instants: list[int], since: int) -> None:
        with self._ledger.write() as connection:
            record_hand_sent(connection, channel, instants, since)
