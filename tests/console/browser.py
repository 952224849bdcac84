"""A real browser, and the console served to it: Debian's Chromium, driven by Playwright."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect
from starlette.applications import Starlette

from console.cookies import SESSION, new_token
from operations.clock import now
from postroad.ledger.console_sessions import open_session
from postroad.ledger.engine import Ledger
from postroad.ledger.users import Role

CHROMIUM = Path("/usr/bin/chromium")
needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists() and not os.environ.get("POSTROAD_REQUIRE_CHROMIUM"),
    reason="Debian's chromium is not installed",
)
_PATIENCE_MS = 20_000
expect.set_options(timeout=_PATIENCE_MS)


@asynccontextmanager
async def served(application: Starlette) -> AsyncIterator[str]:
    """Serve an application on a free port of loopback; yield its address."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run Chromium without a screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


async def signed_in(browser: Browser, address: str, ledger: Ledger, role: Role) -> Page:
    """Return a page of somebody who is signed in; whatever a script complains of fails the test."""
    token = new_token()
    with ledger.write() as connection:
        open_session(connection, token, f"{role}@acme.test", role, now())
    context = await browser.new_context()
    await context.add_cookies([{"name": SESSION, "value": token, "url": address}])
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    return page
