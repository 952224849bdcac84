"""A channel whose calls to its provider are counted, traced and told in the logs."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from postroad.channels.base import (
    ChannelError,
    Connection,
    DeliveryChannel,
    InboxPage,
    OutgoingMessage,
    Receipt,
    SentAnswer,
    Verification,
)
from postroad.metrics import count_call

_FAILED = "failed"
"""The result of what ended otherwise than by a provider's word, a cancellation for instance."""
_log = structlog.get_logger(__name__)
_tracer = trace.get_tracer("postroad")


class ObservedChannel:
    """Does what another channel does. Neither that channel nor its callers notice."""

    def __init__(self, channel: DeliveryChannel, channel_id: str, kind: str) -> None:
        self._channel = channel
        self._calls = _Calls(channel_id, kind)

    @property
    def connections(self) -> int:
        """How many messages may be in flight at once."""
        return self._channel.connections

    @property
    def has_inbox(self) -> bool:
        """Whether what comes back can be read here."""
        return self._channel.has_inbox

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; the time until one is free counts as connecting."""
        async with AsyncExitStack() as lent:
            with self._calls.observed("connect"):
                connection = await lent.enter_async_context(self._channel.connection())
            yield _ObservedConnection(connection, self._calls)

    async def find_sent(self, message: OutgoingMessage) -> SentAnswer:
        """Say whether the provider already took this message."""
        with self._calls.observed("find_sent", message.key):
            return await self._channel.find_sent(message)

    async def verify(self, test_message: OutgoingMessage | None = None) -> Verification:
        """Connect and authenticate, and send the test message where one is given."""
        with self._calls.observed("verify"):
            return await self._channel.verify(test_message)

    async def read_inbox(self, cursor: str | None) -> InboxPage | None:
        """Return what arrived since the cursor; None where the channel has no inbox."""
        with self._calls.observed("read_inbox"):
            return await self._channel.read_inbox(cursor)

    async def sent_by_hand(self, since: int) -> list[int] | None:
        """Return when the mailbox sent mail that is not ours; None where nobody can tell."""
        with self._calls.observed("sent_by_hand"):
            return await self._channel.sent_by_hand(since)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._channel.aclose()


class _ObservedConnection:
    def __init__(self, connection: Connection, calls: "_Calls") -> None:
        self._connection = connection
        self._calls = calls

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message over."""
        with self._calls.observed("send", message.key):
            return await self._connection.send(message)


class _Calls:
    """What is told of each call through one channel."""

    def __init__(self, channel_id: str, kind: str) -> None:
        self._channel_id = channel_id
        self._kind = kind

    @contextmanager
    def observed(self, call: str, message: str = "") -> Iterator[None]:
        """Count, trace and log what happens inside the block.

        Args:
            call: its name.
            message: the key of the message that it is about.
        """
        about = {"channel": self._channel_id, "kind": self._kind}
        about |= {"message": message} if message else {}
        began, result = time.monotonic(), _FAILED
        with _tracer.start_as_current_span(
            f"{self._kind} {call}",
            kind=SpanKind.CLIENT,
            attributes={f"postroad.{name}": value for name, value in about.items()},
            # What providers say may hold addresses.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
                result = "ok"
            except ChannelError as error:
                result = error.kind
                _log.info("provider_refused", **about, call=call, error=result)
                raise
            finally:
                count_call(self._kind, self._channel_id, call, result, time.monotonic() - began)
                span.set_attribute("postroad.result", result)
                if result != "ok":
                    span.set_status(StatusCode.ERROR, result)
