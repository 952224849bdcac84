"""The ledger's numbers for Prometheus, asked for when they are scraped, and not too often."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from operations.clock import now
from postroad.contracts import ChannelState
from postroad.instants import SECOND
from postroad.ledger.engine import Ledger
from postroad.ledger.gauges import LedgerNumbers, ledger_numbers

_LEAST_SECONDS = 5.0
_SHARE = 20.0
"""Numbers are kept so many times as long as it took to count them: a large ledger is not busied."""


class LedgerMetrics(Collector):
    """Counts in the ledger; what it counted is good for some seconds."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._numbers: LedgerNumbers | None = None
        self._good_until = 0.0

    def collect(self) -> Iterator[Metric]:
        """Yield what the ledger holds.

        Raises:
            DBAPIError: the ledger is away.
        """
        numbers = self._current()
        yield _by_state("messages", "Messages by state.", numbers.messages)
        yield _by_state("campaigns", "Campaigns by state.", numbers.campaigns)
        yield _waiting(numbers)
        yield from _of_channels(numbers)

    def describe(self) -> list[Metric]:
        """Say nothing before somebody asks: the ledger may be away when a worker starts."""
        return []

    def _current(self) -> LedgerNumbers:
        if self._numbers is None or time.monotonic() >= self._good_until:
            began = time.monotonic()
            with self._ledger.read() as connection:
                self._numbers = ledger_numbers(connection, now())
            ended = time.monotonic()
            self._good_until = ended + max(_LEAST_SECONDS, _SHARE * (ended - began))
        return self._numbers


def _by_state(name: str, words: str, counts: Mapping[Any, int]) -> Metric:
    family = GaugeMetricFamily(f"postroad_{name}", words, labels=("state",))
    for state, number in counts.items():
        family.add_metric([str(state)], number)
    return family


def _waiting(numbers: LedgerNumbers) -> Metric:
    words = "Messages that are due, by the channel they wait for and why."
    family = GaugeMetricFamily("postroad_waiting_messages", words, labels=("channel", "cause"))
    for (channel, cause), number in sorted(numbers.waiting.items()):
        family.add_metric([channel, cause], number)
    return family


def _of_channels(numbers: LedgerNumbers) -> Iterator[Metric]:
    names = ("channel", "kind")
    state = GaugeMetricFamily(
        "postroad_channel_state",
        "1 for the state that a channel is in.",
        labels=(*names, "state"),
    )
    sent = GaugeMetricFamily(
        "postroad_channel_sent_24h", "Messages that left in the last 24 hours.", labels=names
    )
    slot = GaugeMetricFamily(
        "postroad_channel_next_slot_timestamp_seconds",
        "When the first in a channel's queue may leave; nothing where nobody queues.",
        labels=names,
    )
    for one in numbers.channels:
        for known in ChannelState:
            state.add_metric([one.id, one.kind, str(known)], float(known is one.state))
        sent.add_metric([one.id, one.kind], one.sent_24h)
        if one.next_slot is not None:
            slot.add_metric([one.id, one.kind], one.next_slot / SECOND)
    yield from (state, sent, slot)
