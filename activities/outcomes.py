"""Having a mailbox read, unless its channel stands still."""

import asyncio

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.clock import Clock, ServerClock
from activities.error_policy import Stop, channel_consequence
from activities.heartbeats import heartbeats
from activities.mailbox_reading import MailboxReading
from activities.open_channels import OpenChannels
from postroad.channels.base import ChannelError
from postroad.contracts import ChannelState, MailboxRead, ReadMailbox
from postroad.ledger.channel_state import stop_channel
from postroad.ledger.channels import channel_state
from postroad.ledger.engine import Ledger

_log = structlog.get_logger(__name__)

_PARKED = (ChannelState.UNAUTHORISED, ChannelState.MISCONFIGURED)


class OutcomeActivities:
    """Activities that take in what came back."""

    def __init__(self, ledger: Ledger, channels: OpenChannels, clock: ServerClock) -> None:
        self._ledger = ledger
        self._channels = channels
        self._clock = clock

    @activity.defn(name="read_mailbox")
    async def read_mailbox(self, request: ReadMailbox) -> MailboxRead:
        """Read what arrived since the last reading; a retry goes on from the last whole page."""
        clock = self._clock.read(activity.info())
        standing = await asyncio.to_thread(self._standing, request.channel)
        if standing is None:
            return MailboxRead(closed=True)
        if standing in _PARKED:
            return MailboxRead(parked=True)
        opened = await self._channels.open(request.channel)
        reading = MailboxReading(self._ledger, request.channel, opened.channel, clock)
        async with heartbeats(lambda: reading.progress):
            try:
                return await reading.read()
            except ChannelError as error:
                return await asyncio.to_thread(self._suffer, request.channel, error, clock)

    def _standing(self, channel: str) -> ChannelState | None:
        with self._ledger.read() as connection:
            found = channel_state(connection, channel)
        return None if found is None else found[0]

    def _suffer(self, channel: str, error: ChannelError, clock: Clock) -> MailboxRead:
        """Park a channel that lost its authorisation; have everything else tried again.

        Raises:
            ApplicationError: to be retried, when the provider asked for it where it did.
        """
        match channel_consequence(error, clock.now()):
            case Stop(state, words):
                with self._ledger.write() as connection:
                    stop_channel(connection, channel, state, words, clock.now())
                _log.warning("channel_stopped", state=state)
                return MailboxRead(parked=True)
        # The provider's words may hold addresses, which belong into no history.
        raise ApplicationError(
            f"{channel} cannot be read now", type=error.kind, next_retry_delay=error.retry_after
        ) from None
