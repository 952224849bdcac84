"""A click while mail is leaving: whoever made it gets nothing that had not begun to leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from console.application import build
from console.installation import Installation
from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, Message
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import serve
from postroad.secrets import secret_box
from postroad.setting_tables import TemporalSettings
from postroad.signed_tokens import NamedMessage
from postroad.unsubscribe_links import UnsubscribeTokens
from tests.starter.campaigns import Desk
from tests.workflows.post import LATER, open_post
from tests.workflows.theatre import ANA, Theatre
from worker import running_worker

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
QUEUE = "queue-unsubscribing"
PEOPLE, SOME = 60, 10


@asynccontextmanager
async def _console(
    desk: Desk, ledger: Ledger, environment: WorkflowEnvironment
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the console, and lend a client that has no cookies."""
    temporal = TemporalSettings(address=environment.client.service_client.config.target_host)
    settings = desk.settings.model_copy(update={"temporal": temporal})
    application = build(Installation(settings, ledger, secret_box(settings)))
    server = uvicorn.Server(
        uvicorn.Config(application, port=0, lifespan="off", log_config=None, access_log=False)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    (listening,) = server.servers
    port = listening.sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client
    server.should_exit = True
    await serving


def _keys(ledger: Ledger) -> list[str]:
    """Return everybody's key, as they are in the audience."""
    with ledger.read() as connection:
        return list(connection.scalars(select(Enrollment.person_key).order_by(Enrollment.id)))


def _began(ledger: Ledger, key: str) -> bool:
    """Whether the message to a person has begun to leave."""
    with ledger.read() as connection:
        state = connection.scalar(
            select(Message.state)
            .join(Enrollment, Enrollment.id == Message.enrollment_id)
            .where(Enrollment.person_key == key)
        )
    return state in (MessageState.SENDING, MessageState.SENT)


async def test_a_click_while_a_wave_is_on_the_wire_keeps_the_rest_from_its_person(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, ledger)
    box = secret_box(desk.settings)
    tokens = UnsubscribeTokens(box)
    provider = ProviderConfig(name="p", latency=timedelta(milliseconds=40))
    async with (
        await serve(SandboxConfig(providers=(provider,))) as sandbox,
        running_worker(waiting_environment.client, ledger, box, QUEUE),
        _console(desk, ledger, waiting_environment) as client,
    ):
        theatre = Theatre(waiting_environment.client, ledger, sandbox, desk, QUEUE)
        await theatre.launch(PEOPLE, "[{id: intro, subject: Hi, text: Hello}]")
        await theatre.until(lambda: len(sandbox.accepted.mails) >= SOME)
        began: dict[str, bool] = {}
        for key in _keys(ledger)[:SOME:-2]:
            link = f"/u/{tokens.make(NamedMessage(key, 0))}"
            assert (await client.post(link, data=ONE_CLICK)).status_code == 200
            began[key] = _began(ledger, key)
        await theatre.over()
    received = {mail.key.rpartition("/")[2] for mail in sandbox.accepted.mails}
    assert {key: key in received for key in began} == began
    assert set(began.values()) >= {False}
    assert len(received) == PEOPLE - list(began.values()).count(False)


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", ["click", "mail"])
async def test_what_the_mail_names_unsubscribes(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path, way: str
) -> None:
    async with (
        open_post(waiting_environment, ledger, tmp_path, "gmail") as post,
        post.worker(),
        _console(post.desk, ledger, waiting_environment) as client,
    ):
        public_url = str(client.base_url).rstrip("/")
        await post.launch("p@x.test", steps=LATER, rules=f", public_url: {public_url}")
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
        header = BytesHeaderParser().parsebytes(post.sent_mail())["List-Unsubscribe"]
        mailto, page = (part.strip(" <>\r\n") for part in header.split(","))
        if way == "click":
            await client.post(page, data=ONE_CLICK)
            assert post.suppressed() == ["p@x.test"]
        else:
            post.mailbox.add("inbox", _request(mailto, "p@x.test"))
            await post.until(lambda: post.suppressed() == ["p@x.test"])
        await post.until(lambda: post.report().state == "completed")
    assert post.people() == {"p@x.test": "unsubscribed"}
    assert post.messages("p@x.test") == ["sent", "suppressed"]


def _request(mailto: str, author: str) -> bytes:
    """Return the mail that a mail program sends for a mailto link (RFC 6068)."""
    parts = urlsplit(mailto)
    assert parts.path == ANA
    mail = EmailMessage()
    mail["From"] = author
    mail["To"] = parts.path
    mail["Subject"] = parse_qs(parts.query)["subject"][0]
    mail.set_content("This message was written by a mail program.\n")
    return bytes(mail)
