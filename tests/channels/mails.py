"""Messages and channels for tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from postroad.channels.base import Connection, ConnectionLeases, OutgoingMessage
from postroad.channels.smtp import SmtpChannel
from postroad.channels.smtp_settings import SmtpSettings
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve

PROVIDER = "sandbox"


def mail(
    key: str = "q4/intro/1", to: str = "bob@buyer.test", body: bytes = b"Hello.\r\n"
) -> OutgoingMessage:
    """Return a message ready for the wire."""
    head = f"X-Postroad-Message: {key}\r\nMessage-ID: <{key}@acme.test>\r\n\r\n"
    return OutgoingMessage(
        key=key,
        message_id=f"<{key}@acme.test>",
        envelope_from="ana@acme.test",
        recipient=to,
        content=head.encode() + body,
    )


def settings(port: int, **given: Any) -> SmtpSettings:
    """Return settings for a plain server on loopback, with short timeouts."""
    timeouts = {"connect": "2s", "reply": "2s", "acceptance": "2s", **given.pop("timeouts", {})}
    return SmtpSettings.model_validate(
        {"host": "127.0.0.1", "port": port, "tls": "none", **given, "timeouts": timeouts}
    )


@asynccontextmanager
async def channel(
    port: int, leases: ConnectionLeases | None = None, **given: Any
) -> AsyncIterator[SmtpChannel]:
    """Open a channel and close it afterwards."""
    opened = SmtpChannel(settings(port, **given), leases)
    try:
        yield opened
    finally:
        await opened.aclose()


@asynccontextmanager
async def lent(port: int, **given: Any) -> AsyncIterator[Connection]:
    """Open a channel and lend one of its connections."""
    async with channel(port, **given) as opened, opened.connection() as connection:
        yield connection


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds; five seconds are never needed."""
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def sandbox(**provider: Any) -> AsyncIterator[Sandbox]:
    """Serve a sandbox with one provider."""
    config = ProviderConfig.model_validate({"name": PROVIDER, **provider})
    with TemporaryDirectory() as directory:
        ca_file = Path(directory) / "ca.pem"
        async with await serve(SandboxConfig(providers=(config,), ca_file=ca_file)) as running:
            yield running
