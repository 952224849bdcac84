"""Programs that call the API, of every role."""

import asyncio
import queue
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiosmtpd.controller import Controller
from starlette.applications import Starlette

from console.api.application import PLACE
from console.application import build
from console.installation import Installation
from operations.tokens import create_token
from postroad.ledger.engine import Ledger
from postroad.ledger.users import Role
from postroad.secrets import secret_box
from tests.console.browser import served
from tests.console.conftest import HOST
from tests.ledger_rows import ANA
from tests.starter.campaigns import Desk
from tests.starter.smtp_inbox import Inbox, free_port
from tests.workflows.theatre import temporal_environment
from worker import running_worker

_PATIENCE_SECONDS = 60
_WORKSPACE = """
organisation: {name: Acme}
senders:
  - {email: ana@acme.test, name: Ana Ruiz, timezone: Europe/Madrid, default_channel: ana-smtp}
channels:
  - {id: ana-smtp, kind: smtp, address: ana@acme.test, host: 127.0.0.1, port: %d, tls: none}
"""

CallAs = Callable[[Role], httpx.AsyncClient]


def token_for(ledger: Ledger, role: Role, per_minute: int = 100_000) -> str:
    """Make a token named after its role; a rep's is Ana's."""
    sender = ANA if role is Role.REP else None
    return create_token(ledger, str(role), role, sender=sender, per_minute=per_minute)


def caller(application: Starlette, token: str) -> httpx.AsyncClient:
    """Return a program with a token."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application, raise_app_exceptions=False),
        base_url=f"{HOST}{PLACE}",
        headers={"Authorization": f"Bearer {token}"},
    )


@pytest.fixture
async def call_as(application: Starlette, ledger: Ledger) -> AsyncIterator[CallAs]:
    """Make a token, and a program that has it."""
    async with AsyncExitStack() as open_clients:

        def begin(role: Role) -> httpx.AsyncClient:
            program = caller(application, token_for(ledger, role))
            open_clients.push_async_callback(program.aclose)
            return program

        yield begin


@dataclass(frozen=True, slots=True)
class Office:
    """An installation that runs, in a thread of its own: Temporal, a worker, SMTP, the console."""

    address: str
    ledger: Ledger
    desk: Desk
    inbox: Inbox
    token: str
    """An admin's."""

    def program(self) -> httpx.Client:
        """Return a program that may do everything."""
        return httpx.Client(
            base_url=f"{self.address}{PLACE}",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=_PATIENCE_SECONDS,
        )


@pytest.fixture(scope="session")
def office(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Everything that sends, to an SMTP server of ours, for all tests of this session."""
    directory = tmp_path_factory.mktemp("office")
    path = directory / "ledger.db"
    shutil.copyfile(_sqlite_template, path)
    ledger = Ledger(f"sqlite:///{path}")
    opened: queue.Queue[Office | BaseException] = queue.Queue()
    closing, loop = asyncio.Event(), asyncio.new_event_loop()

    async def run() -> None:
        try:
            async with _office(ledger, directory) as office:
                opened.put(office)
                await closing.wait()
        except BaseException as error:
            opened.put(error)
            raise

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        office = opened.get(timeout=_PATIENCE_SECONDS)
        if isinstance(office, BaseException):
            raise office
        yield office
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join()
        loop.close()
        ledger.close()


@asynccontextmanager
async def _office(ledger: Ledger, directory: Path) -> AsyncIterator[Office]:
    inbox = Inbox()
    smtp = Controller(inbox, "127.0.0.1", free_port())
    async with temporal_environment(skip_time=False) as environment:
        client = environment.client
        smtp.start()
        desk = Desk(directory, ledger, client.service_client.config.target_host)
        desk.write("workspace.yaml", _WORKSPACE % smtp.port)
        desk.apply()
        secrets = secret_box(desk.settings)
        application = build(Installation(desk.settings, ledger, secrets))
        async with (
            running_worker(client, ledger, secrets, desk.settings.temporal.task_queue),
            served(application) as address,
        ):
            token = token_for(ledger, Role.ADMIN)
            yield Office(address, ledger, desk, inbox, token)
        smtp.stop()
