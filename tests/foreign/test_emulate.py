"""Our Gmail channel against a Gmail that others wrote: `emulate` from npm.

It has no profile, no limits and no multipart uploads, does not search by Message-ID, and shows no
header of ours unless a mail is read whole. What it has, the channel must get along with.
"""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from postroad.channels.base import AuthorisationLost, Receipt, SentLookup
from postroad.channels.consent import ask_consent, consent_request
from postroad.channels.gmail import GmailChannel
from postroad.channels.gmail_settings import GmailSettings
from tests.channels.gmail_stage import ANA, mail
from tests.foreign.npm import installed, node

VERSION = "0.12.2"
CLIENT = {"client_id": "postroad.apps.test", "client_secret": "emulated-secret"}
SECONDS_TO_START = 30
FIELD = re.compile(r'<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"')


@pytest.fixture
async def endpoint(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Where emulate serves Ana's mailbox."""
    place = installed(request.config, "emulate", VERSION)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"google": {"users": [{"email": ANA, "name": "Ana Ruiz"}]}}))
    process = await asyncio.create_subprocess_exec(
        node(), place / "dist" / "index.js",
        "start", "--service", "google", "--port", str(port), "--seed", seed,
        cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await _until_it_listens(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def channel(endpoint: str) -> AsyncIterator[GmailChannel]:
    """Ana's channel, connected by her consent on emulate's own page."""
    request = consent_request(settings(endpoint), ANA)
    pages: list[asyncio.Task[None]] = []

    def open_page(address: str) -> None:
        pages.append(asyncio.create_task(agree(address)))

    refresh_token = await ask_consent(request, open_page, timedelta(seconds=10))
    await asyncio.gather(*pages)
    opened = GmailChannel(settings(endpoint, refresh_token=refresh_token), ANA)
    yield opened
    await opened.aclose()


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(SECONDS_TO_START):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def settings(endpoint: str, **credentials: str) -> GmailSettings:
    return GmailSettings.model_validate(
        {
            "credentials": CLIENT | credentials,
            "endpoint": endpoint,
            "token_endpoint": f"{endpoint}/oauth2/token",
            "authorisation_endpoint": f"{endpoint}/o/oauth2/v2/auth",
            "timeout": "10s",
            "settle": "10ms",
        }
    )


async def agree(address: str) -> None:
    """Press the button with Ana's name, as a browser does."""
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        page = await browser.get(address)
        form = {name: unescape(value) for name, value in FIELD.findall(page.text)}
        assert form["email"] == ANA
        url = httpx.URL(address).join("/o/oauth2/v2/auth/callback")
        (await browser.post(url, data=form)).raise_for_status()


async def send(channel: GmailChannel, key: str, thread_id: str | None = None) -> Receipt:
    async with channel.connection() as connection:
        return await connection.send(mail(key, thread_id=thread_id))


async def test_messages_leave_into_their_threads_and_are_found(channel: GmailChannel) -> None:
    first = await send(channel, "q4/intro/1")
    second = await send(channel, "q4/nudge/1", thread_id=first.thread_id)
    assert second.thread_id == first.thread_id
    assert second.provider_id != first.provider_id
    for key, receipt in (("q4/intro/1", first), ("q4/nudge/1", second)):
        found = await channel.find_sent(mail(key))
        assert isinstance(found, Receipt)
        assert (found.provider_id, found.message_id) == (receipt.provider_id, receipt.message_id)
    assert await channel.find_sent(mail("q4/intro/2")) == SentLookup.NOT_SENT


async def test_what_arrives_is_read_from_the_history(channel: GmailChannel, endpoint: str) -> None:
    await send(channel, "q4/intro/1")
    token = await channel._tokens.token()
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as ana:
        user = f"{endpoint}/gmail/v1/users/me"
        listed = (await ana.get(f"{user}/messages")).json()["messages"][0]
        start = (await ana.get(f"{user}/messages/{listed['id']}")).json()["historyId"]
        arrived = {"raw": "RnJvbTogYm9iQGJ1eWVyLnRlc3QNClRvOiBhbmFAYWNtZS50ZXN0DQoNCkhpLg0K"}
        added = await ana.post(f"{user}/messages/import", json=arrived | {"labelIds": ["INBOX"]})
        added.raise_for_status()
    page = await channel.read_inbox(start)
    assert [found.provider_id for found in page.mails] == [added.json()["id"]]
    assert b"bob@buyer.test" in page.mails[0].content
    again = await channel.read_inbox(page.cursor)
    assert again.mails == []


async def test_a_refused_refresh_token_is_authorisation_lost(endpoint: str) -> None:
    stranger = GmailChannel(settings(endpoint, refresh_token="never-given"), ANA)
    try:
        with pytest.raises(AuthorisationLost):
            await send(stranger, "q4/intro/1")
    finally:
        await stranger.aclose()
