"""Giving due messages their delivery channel."""

from temporalio import activity

from activities.clock import ServerClock
from postroad.contracts import ChannelsSelected, SelectChannel
from postroad.ledger.engine import Ledger
from postroad.ledger.selection import select_channels


class ChannelSelectionActivities:
    """Activities that choose channels."""

    def __init__(self, ledger: Ledger, clock: ServerClock) -> None:
        self._ledger = ledger
        self._clock = clock

    @activity.defn(name="select_channel")
    def select_channel(self, request: SelectChannel) -> ChannelsSelected:
        """Choose channels for what is due; a retry finds what the first try chose."""
        now = self._clock.read(activity.info()).now()
        with self._ledger.write() as connection:
            return select_channels(connection, request, now)
