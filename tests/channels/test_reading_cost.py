"""Reading a mailbox costs the provider few requests for each message that is sent."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from postroad.sandbox.mailboxes import Folder
from postroad.workspace import READ_INBOX_AFTER
from tests.channels.exchange_online_stage import exchange_online
from tests.channels.exchange_stage import exchange
from tests.channels.gmail_stage import gmail
from workflows.reading_times import ReadingTimes

_SENDS = 500
_MOST_PER_MESSAGE = 0.2
_WORKING_DAY = timedelta(hours=8)
_START = datetime(2026, 11, 23, 8, tzinfo=UTC)
_FETCHING = ("GetItem", "GET /messages/{id}/$value", "GET /gmail/v1/users/{user}/messages/{id}")
"""What it takes to fetch new mails depends on how many there are."""
Kind = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture(params=[2, 10, 50], ids=lambda folders: f"{folders} folders")
def folders(request: pytest.FixtureRequest) -> int:
    """How many folders a person has beside those of what they sent."""
    return int(request.param)


@pytest.fixture(params=[gmail, exchange, exchange_online], ids=lambda kind: str(kind.__name__))
async def stage(request: pytest.FixtureRequest, folders: int) -> AsyncIterator[Any]:
    """A mailbox of every kind."""
    kind: Kind = request.param
    made = tuple(f"Project {n}" for n in range(folders - 2))
    async with kind(folders=made) as opened:
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


def _arrive(stage: Any, folder: Folder) -> None:
    content = EmailMessage()
    content["From"], content["Subject"] = "bob@x.test", "Re: Hello"
    content.set_content("Thank you.\n")
    stage.mailbox.add(folder, bytes(content))


async def test_500_messages_a_day_cost_less_than_a_fifth_of_a_request_each(stage: Any) -> None:
    page = await stage.channel.read_inbox(None)
    while page.more:
        page = await stage.channel.read_inbox(page.cursor)
    for _ in range(2):  # the folder that is read in its turn is another than these
        page = await stage.channel.read_inbox(page.cursor)
    before = stage.provider.requests.copy()
    for folder in ("inbox", "archive"):
        _arrive(stage, folder)
    page = await stage.channel.read_inbox(page.cursor)
    assert len(page.mails) == 2
    made = stage.provider.requests - before
    requests = sum(number for name, number in made.items() if name not in _FETCHING)
    assert 0 < _readings() * requests / _SENDS < _MOST_PER_MESSAGE, made
