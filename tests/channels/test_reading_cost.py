"""Reading a mailbox costs the provider few requests for each message that is sent."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroad.workspace import READ_INBOX_AFTER
from tests.channels.exchange_online_stage import exchange_online
from tests.channels.exchange_stage import exchange
from tests.channels.gmail_stage import gmail
from workflows.reading_times import ReadingTimes

_SENDS = 500
_MOST_PER_MESSAGE = 0.2
_WORKING_DAY = timedelta(hours=8)
_START = datetime(2026, 11, 23, 8, tzinfo=UTC)
Kind = Callable[[], AbstractAsyncContextManager[Any]]


@pytest.fixture(params=[gmail, exchange, exchange_online], ids=lambda kind: str(kind.__name__))
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """A mailbox of every kind."""
    kind: Kind = request.param
    async with kind() as opened:
        yield opened


def _readings() -> int:
    """Return how often the sends of a working day have their mailbox read, to the last time."""
    times, readings = ReadingTimes(), 0
    sends = [_START + n * _WORKING_DAY / _SENDS for n in range(_SENDS)]
    for at in [*sends, datetime.max.replace(tzinfo=UTC)]:
        while times.next is not None and times.next <= at:
            times.read(times.next)
            readings += 1
        if at in sends:
            times.sent(at, READ_INBOX_AFTER)
    return readings


async def test_500_messages_a_day_cost_less_than_a_fifth_of_a_request_each(stage: Any) -> None:
    page = await stage.channel.read_inbox(None)
    page = await stage.channel.read_inbox(page.cursor)
    before = stage.provider.requests.total()
    await stage.channel.read_inbox(page.cursor)
    requests = stage.provider.requests.total() - before
    assert 0 < _readings() * requests / _SENDS < _MOST_PER_MESSAGE
