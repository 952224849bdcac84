"""Counting waves and readings of mailboxes, without the activities' knowing of it."""

import time
from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from postroad.contracts import MailboxRead, ReadMailbox, SendWave
from postroad.metrics import count_reading, count_wave


class Counting(Interceptor):
    """Counts what activities came to."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - temporalio's signature
        """Put ourselves before the next interceptor."""
        return _Inbound(next)


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - temporalio's signature
        """Run the activity, and count it where it is one of those."""
        request = input.args[0] if input.args else None
        began, result = time.monotonic(), None
        try:
            result = await super().execute_activity(input)
        finally:
            match request:
                case SendWave(channel=channel):
                    count_wave(channel, time.monotonic() - began)
                case ReadMailbox(channel=channel):
                    count_reading(channel, _what_became(result))
        return result


def _what_became(result: object) -> str:
    match result:
        case MailboxRead(closed=True):
            return "closed"
        case MailboxRead(parked=True):
            return "parked"
        case MailboxRead():
            return "read"
    return "failed"
