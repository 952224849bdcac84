"""What every log line of an activity says: which activity, campaign, channel and wave."""

from collections.abc import Sequence
from typing import Any

from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

_NAMED = {"campaign_id": "campaign", "channel": "channel", "wave": "wave"}
"""Field of a request → its name in logs. Senders and people are named in none of them."""


class LogContext(Interceptor):
    """Binds what an activity is about for as long as it runs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - temporalio's signature
        """Put ourselves before the next interceptor."""
        return _Inbound(next)


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - temporalio's signature
        """Run the activity with its names bound."""
        info = activity.info()
        named = {"activity": info.activity_type, "attempt": info.attempt, **_names(input.args)}
        with bound_contextvars(**named):
            return await super().execute_activity(input)


def _names(requests: Sequence[Any]) -> dict[str, Any]:
    return {
        name: value
        for request in requests
        for field, name in _NAMED.items()
        if (value := getattr(request, field, None)) is not None
    }
