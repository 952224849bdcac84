"""A worker that kills itself (SIGKILL) at one exact point: `python -m tests.once.dying_worker`."""

import asyncio
import os
import signal
import sys
from typing import Any

from postroad.channels.base import OutgoingMessage, Receipt
from postroad.channels.connection_pool import PooledConnection
from postroad.ledger.claims import Verdict
from postroad.ledger.journal import Journal
from postroad.settings import load_settings
from worker import run

POINTS = ("before_commit", "after_commit", "before_send", "after_send")


class _Countdown:
    """Dies the n-th time its point is reached."""

    def __init__(self, point: str, times: int) -> None:
        self._point = point
        self._left = times

    def reach(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def arm(countdown: _Countdown) -> None:
    """Put the points into the journal and into every connection."""
    commit = Journal._commit
    send = PooledConnection.send

    async def dying_commit(self: Journal, entries: Any) -> dict[int, Verdict]:
        countdown.reach("before_commit")
        verdicts = await commit(self, entries)
        countdown.reach("after_commit")
        return verdicts

    async def dying_send(self: PooledConnection, message: OutgoingMessage) -> Receipt:
        countdown.reach("before_send")
        receipt = await send(self, message)
        countdown.reach("after_send")
        return receipt

    Journal._commit = dying_commit  # type: ignore[method-assign]
    PooledConnection.send = dying_send  # type: ignore[method-assign]


if __name__ == "__main__":
    arm(_Countdown(sys.argv[1], int(sys.argv[2])))
    asyncio.run(run(load_settings()))
