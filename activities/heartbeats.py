"""What runs beside a long activity: telling the server that it is alive, watching for the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

from temporalio import activity

_BEAT_SECONDS = 1.0


@asynccontextmanager
async def heartbeats(progress: Callable[[], str]) -> AsyncIterator[None]:
    """Tell the server every second that the activity is alive, and how far it is."""

    async def beat() -> None:
        while True:
            activity.heartbeat(progress())
            await asyncio.sleep(_BEAT_SECONDS)

    async with alongside(beat()):
        yield


@asynccontextmanager
async def alongside(companion: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run something else until the block ends."""
    task = asyncio.create_task(companion)
    try:
        yield
    finally:
        task.cancel()
