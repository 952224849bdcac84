"""A console on a ledger with some rows in it, and visitors of every role."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, update
from starlette.applications import Starlette

from console import csrf
from console.application import build
from console.cookies import SESSION, new_token
from console.installation import Installation
from operations.clock import now
from postroad.contracts import EnrollmentState, MessageState
from postroad.instants import HOUR, MINUTE
from postroad.ledger.console_sessions import open_session
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, LibraryText, StepText, Suppression
from postroad.ledger.users import Role
from postroad.secrets import SecretBox
from postroad.settings import Settings
from tests.ledger_rows import (
    ANA,
    add_campaign,
    add_channel,
    add_event,
    add_person,
    add_sender,
    add_turn,
)

BO = "bo@acme.test"
HOSTILE = "<script>document.title='owned'</script>"
HOST = "http://console.test"
SECRET_KEY = "a secret key for tests"
USERS = {Role.REP: ANA, Role.MANAGER: "meg@acme.test", Role.ADMIN: "adam@acme.test"}
SENT, PLANNED, UNCERTAIN = MessageState.SENT, MessageState.PLANNED, MessageState.UNCERTAIN


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser without a screen, that is signed in."""

    client: httpx.AsyncClient
    token: str

    async def get(self, path: str) -> httpx.Response:
        """Ask for a page."""
        return await self.client.get(path)

    async def post(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form as one of our pages does."""
        return await self.client.post(path, data=fields | {csrf.FIELD: csrf.token_for(self.token)})


@pytest.fixture
def installation(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An installation whose two reps have people in one campaign."""
    url = ledger.url.render_as_string(hide_password=False)
    monkeypatch.setenv("POSTROAD_LEDGER_URL", url)
    monkeypatch.setenv("POSTROAD_DATA_DIR", str(tmp_path))
    settings = Settings(secret_key=SECRET_KEY)
    _fill(ledger)
    return Installation(settings, ledger, SecretBox(SECRET_KEY))


@pytest.fixture
def application(installation: Installation) -> Starlette:
    """The console."""
    return build(installation)


@pytest.fixture
async def stranger(application: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not signed in."""
    async with _client(application) as client:
        yield client


@pytest.fixture
async def visit(application: Starlette, ledger: Ledger) -> AsyncIterator[Callable[[Role], Visitor]]:
    """Sign somebody in."""
    async with AsyncExitStack() as open_clients:

        def sign_in(role: Role) -> Visitor:
            token = new_token()
            with ledger.write() as connection:
                open_session(connection, token, USERS[role], role, now())
            client = _client(application)
            client.cookies.set(SESSION, token)
            open_clients.push_async_callback(client.aclose)
            return Visitor(client, token)

        yield sign_in


def _client(application: Starlette) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=HOST)


def _fill(ledger: Ledger) -> None:
    present = now()
    with ledger.write() as connection:
        add_sender(connection)
        add_sender(connection, BO, name="Bo Berg")
        limits = {"limits": [{"messages": 10, "per": "1h"}]}
        add_channel(connection, settings=limits)
        add_channel(connection, "team", shared=True, address=None)
        add_channel(connection, "bo-smtp", address=BO)
        add_campaign(connection, name=f"Q4 {HOSTILE}")
        add_campaign(connection, "solo")
        for position in (0, 1):
            template = {"subject": f"Hello {HOSTILE}", "text": f"Dear {HOSTILE}", "html": None}
            connection.execute(
                insert(StepText).values(
                    campaign_id="q4", position=position, version=1, template=template
                )
            )
        connection.execute(
            insert(LibraryText).values(
                kind="template", name="hello", version=1, source=f"Dear {HOSTILE}",
                template={"subject": f"Hello {HOSTILE}", "text": f"Dear {HOSTILE}"},
                stored_at=present, stored_by="meg@acme.test",
            )
        )  # fmt: skip
        ada = add_person(connection, "ada@x.test", SENT, PLANNED)
        add_event(connection, ada[0], "sent", at=present - HOUR, detail=f"250 {HOSTILE}")
        grace = add_person(
            connection, "grace@x.test", SENT, MessageState.SUPPRESSED,
            state=EnrollmentState.REPLIED, sender=BO,
        )  # fmt: skip
        add_event(connection, grace[0], "sent", at=present - 2 * HOUR)
        add_event(connection, grace[0], "replied", at=present - MINUTE)
        lost = add_person(
            connection, "lost@x.test", UNCERTAIN, PLANNED, sender=BO, charge_at=present - HOUR,
            reason=f"broke {HOSTILE}",
        )  # fmt: skip
        add_event(connection, lost[0], "uncertain", at=present - HOUR)
        add_person(connection, "only@y.test", PLANNED, campaign="solo", sender=BO)
        add_turn(connection, present + HOUR, "ana-smtp has sent 10 of 10 in 1h")
        connection.execute(
            insert(Suppression).values(
                address="@competitor.test", reason=HOSTILE, source="operator", at=present
            )
        )
        connection.execute(update(Enrollment).values(fields={"first_name": HOSTILE}))
