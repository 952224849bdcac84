"""A port of this machine that waits for one redirection of a browser (RFC 8252, 7.3)."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Postroad</title>
<p>{}</p>
"""
_DONE = "Thank you. You can close this window and go back to the terminal."
_NOT_OURS = "This is not the answer that Postroad waits for."


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider sent back through the browser (RFC 6749, 4.1.2)."""

    code: str
    error: str


class Redirection:
    """Waits for the answer that carries our state; others are turned away."""

    def __init__(self, state: str) -> None:
        self.uri = ""
        """Where the browser is to be sent."""
        self._state = state
        self._answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    async def answer(self) -> Answer:
        """Wait for the browser."""
        return await self._answer

    async def take(self, request: web.Request) -> web.Response:
        """Take what a browser brings. Nothing of it is shown on the page."""
        given = request.query
        found = Answer(given.get("code", ""), given.get("error", ""))
        ours = hmac.compare_digest(given.get("state", "").encode(), self._state.encode())
        if not ours or not (found.code or found.error):
            return _page(_NOT_OURS, 400)
        if not self._answer.done():
            self._answer.set_result(found)
        return _page(_DONE, 200)


@asynccontextmanager
async def listen(host: str, state: str) -> AsyncIterator[Redirection]:
    """Listen on a free port of this machine.

    Args:
        host: what the provider lets this machine be called: 127.0.0.1 or localhost.
        state: what the right answer carries.
    """
    redirection = Redirection(state)
    app = web.Application()
    app.router.add_get("/", redirection.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        redirection.uri = f"http://{host}:{runner.addresses[0][1]}/"
        yield redirection
    finally:
        await runner.cleanup()


def _page(words: str, status: int) -> web.Response:
    return web.Response(
        status=status,
        text=_PAGE.format(words),
        content_type="text/html",
        headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )
