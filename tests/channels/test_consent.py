"""Asking for consent at Microsoft's addresses, and what becomes of it when it goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from aiohttp import web

from postroad.channels.base import Misconfigured
from postroad.channels.consent import ConsentRefused, ask_consent, consent_request
from postroad.channels.exchange_online_settings import ExchangeOnlineSettings
from postroad.sandbox.acceptances import Acceptances
from postroad.sandbox.config import MailboxProviderConfig
from postroad.sandbox.faults import FaultBook
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.post_office import PostOffice
from postroad.sandbox.token_endpoint import add_token_routes

ANA = "ana@acme.test"
PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Microsoft:
    """A token endpoint at Microsoft's paths."""

    provider: MailboxProvider
    authority: str

    def settings(self, **credentials: str) -> ExchangeOnlineSettings:
        """Return settings of a channel that acts for one person."""
        given = {"tenant": "acme.test", "client_id": "sandbox", **credentials}
        return ExchangeOnlineSettings.model_validate(
            {"credentials": given, "delegated": True, "authority": self.authority}
        )


@pytest.fixture
async def microsoft() -> AsyncIterator[Microsoft]:
    """Serve a provider that gives Ana's consent."""
    config = MailboxProviderConfig(name="graph", kind="exchange_online", mailboxes=(ANA,))
    provider = MailboxProvider(config, PostOffice(Acceptances()), FaultBook())
    app = web.Application()
    paths = "/{tenant}/oauth2/v2.0/"
    add_token_routes(app, provider, token=f"{paths}token", authorise=f"{paths}authorize")
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Microsoft(provider, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


class Browser:
    """Follows the address it is shown, unless it is told otherwise."""

    def __init__(self, **instead: str) -> None:
        self.asked: dict[str, list[str]] = {}
        self._instead = instead
        self._visit: asyncio.Task[Any] | None = None

    def __call__(self, address: str) -> None:
        """Open an address."""
        self.asked = parse_qs(urlsplit(address).query)
        url = httpx.URL(address).copy_merge_params(self._instead)
        self._visit = asyncio.create_task(self._follow(url))

    async def _follow(self, url: httpx.URL) -> None:
        async with httpx.AsyncClient(follow_redirects=True) as client:
            await client.get(url)


async def test_one_person_agrees_that_an_application_acts_for_them(microsoft: Microsoft) -> None:
    browser = Browser()
    request = consent_request(microsoft.settings(), ANA)
    refresh_token = await ask_consent(request, browser, PATIENCE)
    form = {"client_id": "sandbox", "grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = microsoft.provider.tokens.redeem(form)
    assert microsoft.provider.tokens.mailbox_of(str(answer["access_token"])) == ANA
    assert browser.asked["scope"] == ["offline_access Mail.ReadWrite Mail.Send"]
    # Microsoft lets native applications use any port of localhost, and only of localhost.
    assert browser.asked["redirect_uri"][0].startswith("http://localhost:")


async def test_a_wrong_client_secret_is_misconfigured(microsoft: Microsoft) -> None:
    request = consent_request(microsoft.settings(client_secret="wrong"), ANA)
    with pytest.raises(Misconfigured, match="invalid_client"):
        await ask_consent(request, Browser(), PATIENCE)


async def test_what_the_provider_says_instead_of_a_consent_is_told(microsoft: Microsoft) -> None:
    request = consent_request(microsoft.settings(), ANA)
    with pytest.raises(ConsentRefused, match="access_denied"):
        await ask_consent(request, Browser(login_hint="eve@acme.test"), PATIENCE)


async def test_nobody_waits_for_ever(microsoft: Microsoft) -> None:
    request = consent_request(microsoft.settings(), ANA)
    with pytest.raises(ConsentRefused, match="nobody agreed"):
        await ask_consent(request, lambda _: None, timedelta(milliseconds=50))


async def test_the_port_is_open_only_meanwhile(microsoft: Microsoft) -> None:
    browser = Browser()
    await ask_consent(consent_request(microsoft.settings(), ANA), browser, PATIENCE)
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(browser.asked["redirect_uri"][0])
