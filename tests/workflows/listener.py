"""A CRM on loopback that listens to webhooks."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook as Verifier

SECRET = base64.b64encode(b"a key of thirty-two bytes, really").decode()


@dataclass
class Listener:
    """What it was told, and how it answers."""

    url: str = ""
    answers: list[int] = field(default_factory=list[int])
    """Statuses to answer next; then 200."""
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    ids: list[str] = field(default_factory=list[str])
    refused: int = 0

    async def take(self, request: web.Request) -> web.Response:
        """Take an event if its signature is right, and if this listener is in the mood."""
        body = await request.text()
        event = Verifier(SECRET).verify(body, dict(request.headers))
        if self.answers:
            self.refused += 1
            return web.Response(status=self.answers.pop(0))
        self.heard.append(event)
        self.ids.append(request.headers["webhook-id"])
        return web.Response()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Listen until the block ends."""
    listener = Listener()
    application = web.Application()
    application.router.add_post("/hook", listener.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    listener.url = f"http://{host}:{port}/hook"
    try:
        yield listener
    finally:
        await runner.cleanup()
