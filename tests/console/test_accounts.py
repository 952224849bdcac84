"""Signing in through the organisation's accounts, with a provider that speaks OpenID Connect."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from console.application import build
from console.cookies import SESSION
from console.installation import Installation
from console.signing_in.accounts import role_of
from postroad.ledger.users import Role
from postroad.setting_tables import OidcSettings
from tests.console.browser import served
from tests.console.conftest import HOST
from tests.console.provider import CLIENT_ID, CLIENT_SECRET, Provider

_ROLES = {"sales-ops": "admin", "leads": "manager", "reps": "rep"}
_ADA = {"email": "Ada@acme.test", "email_verified": True, "groups": ["staff", "leads", "reps"]}

on_sqlite = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)


async def _sign_in(
    installation: Installation, provider: Provider, console: str = HOST
) -> tuple[httpx.Response, httpx.AsyncClient]:
    """Go to the provider and come back; return the last answer, and the browser."""
    async with served(provider.application()) as issuer, httpx.AsyncClient() as outside:
        oidc = {
            "issuer": issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "roles": _ROLES,
        }
        told = installation.settings.console.model_copy(
            update={"oidc": OidcSettings.model_validate(oidc)}
        )
        settings = installation.settings.model_copy(update={"console": told})
        application = build(replace(installation, settings=settings))
        browser = httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=console)
        assert "organisation’s account" in (await browser.get("/sign-in")).text
        leaving = await browser.get("/sign-in/account/?next=/campaigns")
        cookie = leaving.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert ("secure" in cookie) is console.startswith("https:")
        coming = await outside.get(leaving.headers["location"])
        return await browser.get(coming.headers["location"]), browser


@on_sqlite
async def test_whom_the_provider_vouches_for_is_signed_in_with_their_strongest_role(
    installation: Installation,
) -> None:
    answer, browser = await _sign_in(installation, Provider(_ADA))
    assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns")
    page = (await browser.get("/campaigns")).text
    assert "ada@acme.test" in page
    assert "manager" in page


@on_sqlite
async def test_over_tls_what_is_remembered_on_the_way_travels_over_tls_only(
    installation: Installation,
) -> None:
    secure = HOST.replace("http:", "https:")
    answer, _ = await _sign_in(installation, Provider(_ADA), console=secure)
    assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns")


@on_sqlite
@pytest.mark.parametrize(
    ("claims", "words"),
    [
        (_ADA | {"groups": ["staff"]}, "has no role here"),
        (_ADA | {"email_verified": False}, "has not verified"),
        ({"groups": ["sales-ops"]}, "did not say what your address is"),
        (_ADA | {"aud": "another"}, "did not sign you in"),
        (_ADA | {"exp": 1}, "did not sign you in"),
        (_ADA | {"iss": "https://evil.test"}, "did not sign you in"),
    ],
)
async def test_nobody_else_is(
    installation: Installation, claims: dict[str, Any], words: str
) -> None:
    answer, browser = await _sign_in(installation, Provider(claims))
    assert answer.status_code == 403
    assert words in answer.text
    assert SESSION not in browser.cookies


@on_sqlite
async def test_a_token_for_another_sign_in_is_refused(installation: Installation) -> None:
    answer, _ = await _sign_in(installation, Provider(_ADA, nonce="another"))
    assert answer.status_code == 403


@on_sqlite
async def test_without_a_provider_there_is_no_such_way(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/sign-in/account/")).status_code == 404


@pytest.mark.parametrize(
    ("claim", "role"),
    [
        (["reps", "sales-ops"], Role.ADMIN),
        ("leads", Role.MANAGER),
        ([], Role.REP),
        (None, Role.REP),
        (7, Role.REP),
        ([["sales-ops"]], Role.REP),
    ],
)
def test_the_strongest_role_counts_and_everybody_else_has_the_default(
    claim: object, role: Role
) -> None:
    settings = OidcSettings.model_validate({"roles": _ROLES, "default_role": "rep"})
    assert role_of({"groups": claim}, settings) is role
