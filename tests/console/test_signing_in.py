"""Signing in and out: passwords, one-time links, and what is refused."""

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import select, update
from starlette.applications import Starlette

from console import csrf
from console.cookies import SESSION, VISIT
from console.installation import Installation
from operations.clock import now
from operations.one_time_link import make_link
from operations.passwords import hash_password
from postroad.ledger.audit import list_changes
from postroad.ledger.console_sessions import count_attempt
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import ConsoleSession
from postroad.ledger.users import Role, add_user, change_user
from tests.console.conftest import Visitor

# The queries are tested on both databases beside their pages.
pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

Visit = Callable[[Role], Visitor]
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def password_hash() -> str:
    """The hash of the password."""
    return hash_password(PASSWORD)


@pytest.fixture
def meg(ledger: Ledger, password_hash: str) -> str:
    """A manager with a password."""
    with ledger.write() as connection:
        assert add_user(connection, "meg@acme.test", Role.MANAGER, password_hash, now())
    return "meg@acme.test"


async def _sign_in(
    client: httpx.AsyncClient, email: str, password: str, target: str = "/"
) -> httpx.Response:
    await client.get("/sign-in")
    token = csrf.token_for(client.cookies[VISIT])
    fields = {"email": email, "password": password, "next": target, csrf.FIELD: token}
    return await client.post("/sign-in", data=fields)


async def test_a_password_signs_in_and_leads_to_the_page_that_was_asked_for(
    stranger: httpx.AsyncClient, meg: str, ledger: Ledger
) -> None:
    asked = await stranger.get("/campaigns?state=running")
    assert asked.headers["location"] == "/sign-in?next=%2Fcampaigns%3Fstate%3Drunning"
    answer = await _sign_in(stranger, meg.upper(), PASSWORD, "/campaigns?state=running")
    assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns?state=running")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(SESSION))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await stranger.get("/campaigns")).status_code == 200
    with ledger.read() as connection:
        assert [one.action for one in list_changes(connection, before=None, at_most=9)] == [
            "sign in"
        ]
        assert stranger.cookies[SESSION] not in connection.scalars(
            select(ConsoleSession.token_digest)
        )


@pytest.mark.parametrize("target", ["https://evil.test", "//evil.test", "/\\evil.test", "x"])
async def test_signing_in_never_leads_to_another_site(
    stranger: httpx.AsyncClient, meg: str, target: str
) -> None:
    answer = await _sign_in(stranger, meg, PASSWORD, target)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(("email", "password"), [("meg", "wrong"), ("nobody", PASSWORD)])
async def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(
    stranger: httpx.AsyncClient, meg: str, email: str, password: str
) -> None:
    assert meg == "meg@acme.test"
    answer = await _sign_in(stranger, f"{email}@acme.test", password)
    assert answer.status_code == 403
    assert "do not belong together" in answer.text
    assert SESSION not in stranger.cookies


async def test_behind_tls_cookies_never_travel_without_it(application: Starlette) -> None:
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="https://console.test") as client:
        answer = await client.get("/sign-in")
    assert "; Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_an_account_is_closed_after_too_many_attempts(
    stranger: httpx.AsyncClient, meg: str, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        for number in range(10):
            assert count_attempt(connection, meg, f"10.0.0.{number}", now())
    answer = await _sign_in(stranger, meg, PASSWORD)
    assert answer.status_code == 429
    assert SESSION not in stranger.cookies


async def test_the_sign_in_form_of_another_browser_is_refused(
    stranger: httpx.AsyncClient, meg: str
) -> None:
    await stranger.get("/sign-in")
    fields = {"email": meg, "password": PASSWORD, csrf.FIELD: csrf.token_for("another")}
    assert (await stranger.post("/sign-in", data=fields)).status_code == 403


async def test_signing_out_ends_the_session(visit: Visit) -> None:
    admin = visit(Role.ADMIN)
    assert (await admin.get("/")).status_code == 200
    assert (await admin.client.post("/sign-out")).status_code == 403
    assert (await admin.post("/sign-out")).headers["location"] == "/sign-in"
    admin.client.cookies.set(SESSION, admin.token)
    assert (await admin.get("/")).status_code == 303


async def test_a_session_ends_by_itself(visit: Visit, ledger: Ledger) -> None:
    admin = visit(Role.ADMIN)
    with ledger.write() as connection:
        connection.execute(update(ConsoleSession).values(expires_at=now() - 1))
    assert (await admin.get("/")).status_code == 303


async def test_whose_role_changes_signs_in_again(
    stranger: httpx.AsyncClient, meg: str, ledger: Ledger
) -> None:
    await _sign_in(stranger, meg, PASSWORD)
    with ledger.write() as connection:
        assert change_user(connection, meg, role=Role.REP)
    assert (await stranger.get("/")).status_code == 303


async def test_a_link_signs_in_once(
    stranger: httpx.AsyncClient, installation: Installation
) -> None:
    link = make_link(installation.settings.data_dir, "127.0.0.1:8080")
    token = link.partition("token=")[2]
    path = installation.settings.data_dir / "console.link"
    assert path.stat().st_mode & 0o077 == 0
    for expected in (303, 403):
        page = await stranger.get(f"/sign-in/once?token={token}")
        assert page.status_code == 200
        fields = {"token": token, csrf.FIELD: csrf.token_for(stranger.cookies[VISIT])}
        answer = await stranger.post("/sign-in/once", data=fields)
        assert answer.status_code == expected
        stranger.cookies.delete(SESSION)
        stranger.cookies.delete(VISIT)


async def test_without_any_user_the_page_says_how_to_get_one(
    stranger: httpx.AsyncClient,
) -> None:
    page = (await stranger.get("/sign-in")).text
    assert "postroad user link" in page
    assert 'type="password"' not in page
