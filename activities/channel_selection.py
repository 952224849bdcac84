"""Giving due messages their delivery channel."""

import asyncio
from collections.abc import Awaitable, Collection, Mapping
from concurrent.futures import CancelledError
from typing import Protocol

import structlog
from temporalio import activity

from activities.clock import ServerClock
from postroad.contracts import ChannelsSelected, SelectChannel
from postroad.ledger.engine import Ledger
from postroad.ledger.networks import domains_that_decide
from postroad.ledger.selection import select_channels

_LOOK_UP_SECONDS = 3.0
"""All look-ups of one selection together; its activity has 8 s for everything."""

_log = structlog.get_logger(__name__)


class Networks(Protocol):
    """Knows whose servers take a domain's mail: see postroad.dns.mail_network."""

    def of_all(self, domains: Collection[str]) -> Awaitable[Mapping[str, str]]:
        """Return each domain's mail network."""
        ...


class ChannelSelectionActivities:
    """Activities that choose channels."""

    def __init__(
        self, ledger: Ledger, clock: ServerClock, networks: Networks | None = None
    ) -> None:
        """Prepare the activities, on the event loop that looks networks up.

        Args:
            ledger: where messages and channels are.
            clock: the Temporal server's.
            networks: looks up recipient domains; without it no network is known.
        """
        self._ledger = ledger
        self._clock = clock
        self._networks = networks
        self._loop = asyncio.get_running_loop()

    @activity.defn(name="select_channel")
    def select_channel(self, request: SelectChannel) -> ChannelsSelected:
        """Choose channels for what is due; a retry finds what the first try chose."""
        now = self._clock.read(activity.info()).now()
        networks = self._look_up(request, now)
        with self._ledger.write() as connection:
            return select_channels(connection, request, now, networks)

    def _look_up(self, request: SelectChannel, now: int) -> Mapping[str, str]:
        """Look up mail networks ahead of the transaction; what fails is not known."""
        if self._networks is None:
            return {}
        with self._ledger.read() as connection:
            domains = domains_that_decide(connection, request, now)
        if not domains:
            return {}
        asked = _in_time(self._networks, domains)
        looking = asyncio.run_coroutine_threadsafe(asked, self._loop)
        try:
            return looking.result()
        except (TimeoutError, OSError, CancelledError) as error:
            _log.warning("mail networks not looked up", domains=len(domains), error=repr(error))
            return {}


async def _in_time(networks: Networks, domains: Collection[str]) -> Mapping[str, str]:
    async with asyncio.timeout(_LOOK_UP_SECONDS):
        return await networks.of_all(domains)
