"""What comes back to a mailbox after sending: read, matched, and acted on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from postroad.contracts import ChannelState, mailbox_workflow_id
from postroad.instants import DAY
from postroad.ledger.channels import channel_state
from postroad.ledger.engine import Ledger
from postroad.ledger.reports import CampaignReport, campaign_report
from postroad.ledger.tables import Enrollment, Event, Message, Outcome, Suppression
from postroad.sandbox.config import DEFAULT_REFUSALS, MailboxProviderConfig, Refusal, SandboxConfig
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.returned_mail import bounce
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import secret_box
from starter.definition import read_definition
from starter.launching import launch
from tests.starter.campaigns import Desk
from tests.workflows.theatre import ANA
from worker import running_worker
from workflows.mailbox_watch import MailboxWatchWorkflow

KINDS = ("gmail", "exchange", "exchange_online")
PROVIDERS: dict[str, dict[str, Any]] = {
    "gmail": {"refresh_tokens": {"consent": ANA}, "rewrites_message_id": True},
    "exchange": {"users": {"ana": "secret"}},
    "exchange_online": {"rewrites_message_id": True},
}
CHANNELS = {
    "gmail": "credentials: {client_id: sandbox, client_secret: sandbox-secret, "
    'refresh_token: consent}, endpoint: "URL/", token_endpoint: "URL/token"',
    "exchange": 'server: "URL/EWS/Exchange.asmx", username: ana, password: secret',
    "exchange_online": "credentials: {tenant: acme.test, client_id: sandbox, "
    'client_secret: sandbox-secret}, endpoint: "URL/v1.0", authority: "URL"',
}
_TENANT_FULL = Refusal(prefix="blamed", reply="550 5.7.233 Tenant exceeded its threshold")
_PATIENCE_SECONDS = 40
SOON = "[300ms, 1s, 2s, 4s]"
TWO_STEPS = (
    "[{id: intro, subject: Hi, text: Hello}, {id: nudge, wait: 6s, thread: reply, text: Again}]"
)
LATER = (
    "[{id: intro, subject: Hi, text: Hello}, {id: nudge, wait: 3 days, thread: reply, text: Again}]"
)


class Post:
    """A campaign that goes through one mailbox."""

    def __init__(
        self, environment: WorkflowEnvironment, ledger: Ledger, sandbox: Sandbox, desk: Desk
    ) -> None:
        self.client = environment.client
        self.ledger = ledger
        self.sandbox = sandbox
        self.desk = desk
        self.queue = f"queue-{id(self)}"

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Run a worker until the block ends."""
        box = secret_box(self.desk.settings)
        async with running_worker(self.client, self.ledger, box, self.queue):
            yield

    async def launch(
        self, *people: str, steps: str = TWO_STEPS, read_after: str = SOON, stop_on: str = ""
    ) -> None:
        """Write to people from Ana's mailbox."""
        settings = CHANNELS[self.provider.config.kind].replace(
            "URL", f"http://127.0.0.1:{self.sandbox.port('p')}"
        )
        self.desk.write(
            "workspace.yaml",
            f"organisation: {{name: Acme, read_inbox_after: {read_after}}}\n"
            f"senders: [{{email: {ANA}, name: Ana, timezone: UTC}}]\n"
            f"channels: [{{id: box, kind: {self.provider.config.kind}, address: {ANA}, "
            f"limits: [], {settings}}}]\n",
        )
        await asyncio.to_thread(self.desk.apply)
        rules = f"stop_on: {stop_on}, " if stop_on else ""
        self.desk.write(
            "q4.yaml",
            f"{{id: q4, name: Q4, audience: people.csv, senders: [{ANA}], {rules}steps: {steps}}}",
        )
        self.desk.write("people.csv", "email,name\n" + "".join(f"{one},P\n" for one in people))
        definition = read_definition(self.desk.campaign)
        await launch(self.client, self.ledger, self.queue, definition)

    @property
    def provider(self) -> MailboxProvider:
        """The provider of the mailbox."""
        return self.sandbox.mailbox_providers["p"]

    @property
    def mailbox(self) -> Mailbox:
        """Ana's mailbox."""
        found = self.provider.mailbox(ANA)
        assert found is not None
        return found

    @property
    def watch(self) -> WorkflowHandle[MailboxWatchWorkflow, Any]:
        """The workflow that reads the mailbox."""
        return self.client.get_workflow_handle_for(
            MailboxWatchWorkflow.run, mailbox_workflow_id("box")
        )

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something to be true."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await asyncio.to_thread(reached):
                await asyncio.sleep(0.05)

    def people(self) -> dict[str, str]:
        """Return each person's state."""
        with self.ledger.read() as connection:
            rows = connection.execute(select(Enrollment.address, Enrollment.state))
            return {address: state for address, state in rows}

    def messages(self, address: str) -> list[str]:
        """Return the states of a person's messages, by step."""
        with self.ledger.read() as connection:
            return list(
                connection.scalars(
                    select(Message.state)
                    .join(Enrollment, Enrollment.id == Message.enrollment_id)
                    .where(Enrollment.address == address)
                    .order_by(Message.position)
                )
            )

    def due(self, address: str) -> int:
        """Return when a person's next message is due."""
        with self.ledger.read() as connection:
            found = connection.scalar(
                select(func.max(Message.due_at))
                .join(Enrollment, Enrollment.id == Message.enrollment_id)
                .where(Enrollment.address == address)
            )
        assert found is not None
        return found

    def suppressed(self) -> list[str]:
        """Return the suppression list."""
        with self.ledger.read() as connection:
            return list(connection.scalars(select(Suppression.address)))

    def outcomes(self) -> list[tuple[str, str]]:
        """Return what came back, and by what it was matched."""
        with self.ledger.read() as connection:
            rows = connection.execute(select(Outcome.kind, Outcome.basis).order_by(Outcome.id))
            return [(kind, basis) for kind, basis in rows]

    def events(self, event: str) -> int:
        """Return how often something was told."""
        with self.ledger.read() as connection:
            return connection.execute(
                select(func.count()).select_from(Event).where(Event.event == event)
            ).scalar_one()

    def standing(self) -> ChannelState:
        """Return the channel's state."""
        with self.ledger.read() as connection:
            found = channel_state(connection, "box")
        assert found is not None
        return found[0]

    def report(self) -> CampaignReport:
        """Return the campaign's report."""
        with self.ledger.read() as connection:
            found = campaign_report(connection, "q4")
        assert found is not None
        return found

    def sent_mail(self) -> bytes:
        """Return the newest mail that left."""
        return self.mailbox.in_folder("sent")[0].content


@pytest.fixture(params=["gmail"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of mailbox; a test may ask for every one."""
    return str(request.param)


@pytest.fixture
async def post(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path, kind: str
) -> AsyncIterator[Post]:
    """A mailbox at a sandbox provider, on each database; no worker runs yet."""
    config = MailboxProviderConfig.model_validate(
        {
            "name": "p",
            "kind": kind,
            "mailboxes": (ANA,),
            "answers_after": "200ms",
            "refusals": (*DEFAULT_REFUSALS, _TENANT_FULL),
            **PROVIDERS[kind],
        }
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        yield Post(waiting_environment, ledger, sandbox, Desk(tmp_path, ledger))


every_kind = pytest.mark.parametrize("kind", KINDS, indirect=True)
one_database = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)


@every_kind
async def test_a_bounce_ends_the_sequence_and_suppresses_the_address(post: Post) -> None:
    async with post.worker():
        await post.launch("gone@x.test", "p@x.test")
        await post.until(lambda: post.people().get("gone@x.test") == "bounced")
        await post.until(lambda: post.people().get("p@x.test") == "finished")
    assert post.messages("gone@x.test") == ["sent", "suppressed"]
    assert post.suppressed() == ["gone@x.test"]
    assert post.outcomes() == [("bounced", "key")]
    report = post.report()
    assert (report.people.bounced, report.channels[0].bounced) == (1, 1)
    assert [step.bounced for step in report.steps] == [1, 0]


@every_kind
async def test_a_reply_stops_the_follow_up(post: Post) -> None:
    async with post.worker():
        await post.launch("replies@x.test", steps=LATER)
        await post.until(lambda: post.people().get("replies@x.test") == "replied")
        await post.until(lambda: post.report().state == "completed")
    assert post.messages("replies@x.test") == ["sent", "suppressed"]
    assert post.report().steps[0].replied == 1
    assert post.suppressed() == []


@one_database
async def test_an_auto_reply_postpones_the_next_message(post: Post) -> None:
    async with post.worker():
        await post.launch("p@x.test", steps=LATER)
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
        before = post.due("p@x.test")
        post.mailbox.add("inbox", _away(post.sent_mail()))
        await post.until(lambda: post.events("postponed") == 1)
    assert post.people()["p@x.test"] == "active"
    days, rest = divmod(post.due("p@x.test") - before, DAY)
    assert rest == 0
    assert 1 <= days <= 28  # three days are over by then anyway


@one_database
async def test_a_refusal_of_the_sender_pauses_the_channel_and_blames_nobody(post: Post) -> None:
    async with post.worker():
        await post.launch("blamed@x.test", steps=LATER)
        await post.until(lambda: post.standing() is ChannelState.PAUSED)
    assert post.people() == {"blamed@x.test": "active"}
    assert post.suppressed() == []


@one_database
async def test_a_forged_bounce_and_own_mail_change_nothing(post: Post) -> None:
    async with post.worker():
        await post.launch("p@x.test", "q@x.test", steps=LATER)
        await post.until(lambda: post.messages("q@x.test") == ["sent", "planned"])
        headers = b"X-Postroad-Message: q4/intro/0000000000000000\r\nMessage-ID: <made@up>\r\n\r\n"
        post.mailbox.add("inbox", bounce(ANA, "p@x.test", DEFAULT_REFUSALS[0], headers))
        post.mailbox.add("inbox", _answer(post.sent_mail(), ANA))
        post.mailbox.add("inbox", _answer(post.sent_mail(), "boss@x.test"))  # who was in Cc
        await post.until(lambda: len(post.outcomes()) == 1)
        await post.watch.result()
    assert post.outcomes() == [("replied", "message_id")]
    assert sorted(post.people().values()) == ["active", "replied"]
    assert post.suppressed() == []


@one_database
async def test_an_expired_cursor_loses_and_doubles_nothing(post: Post) -> None:
    async with post.worker():
        await post.launch("gone@x.test", "p@x.test", steps=LATER)
        await post.until(lambda: post.events("bounced") == 1)
        post.mailbox.add("inbox", _answer(post.sent_mail(), "boss@x.test"))
        post.mailbox.expire_history()
        await post.until(lambda: post.events("replied") == 1)
        await post.watch.result()
    assert sorted(kind for kind, _ in post.outcomes()) == ["bounced", "replied"]


@one_database
async def test_another_worker_goes_on_reading(post: Post) -> None:
    async with post.worker():
        await post.launch("p@x.test", steps=LATER, read_after="[3s]")
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
    post.mailbox.add("inbox", _answer(post.sent_mail(), "p@x.test"))
    async with post.worker():
        await post.until(lambda: post.people().get("p@x.test") == "replied")


@one_database
async def test_a_mailbox_without_authorisation_is_not_read_and_nothing_fails(post: Post) -> None:
    async with post.worker():
        await post.launch("p@x.test", steps=LATER)
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
        post.provider.tokens.revoke(ANA)
        await post.until(lambda: post.standing() is ChannelState.UNAUTHORISED)
        progress = await post.watch.query(MailboxWatchWorkflow.progress)
    assert "parked" in progress.waits_for
    assert progress.checks


@one_database
async def test_rules_of_a_campaign_that_stops_on_nothing_are_obeyed(post: Post) -> None:
    async with post.worker():
        await post.launch("gone@x.test", "replies@x.test", stop_on="[unsubscribe]")
        await post.until(lambda: set(post.people().values()) == {"finished"})
    assert post.suppressed() == []
    assert post.report().steps[0].replied == 1
    assert post.report().steps[0].bounced == 1


def _answer(content: bytes, author: str) -> bytes:
    """Return somebody's answer to a mail."""
    original = BytesHeaderParser().parsebytes(content)
    answer = EmailMessage()
    answer["From"] = author
    answer["To"] = ANA
    answer["Subject"] = f"Re: {original['Subject']}"
    answer["In-Reply-To"] = original["Message-ID"]
    answer.set_content("Thursday is fine.\n")
    return bytes(answer)


def _away(content: bytes) -> bytes:
    """Return an automatic answer that names a day within four weeks."""
    mail = BytesHeaderParser().parsebytes(_answer(content, "p@x.test"))
    away = EmailMessage()
    for name in ("From", "To", "In-Reply-To"):
        away[name] = mail[name]
    away["Subject"] = "Automatic reply: Hi"
    away["Auto-Submitted"] = "auto-replied"
    away.set_content(f"I am out of the office until {_in_two_weeks()}.\n")
    return bytes(away)


def _in_two_weeks() -> str:
    return (datetime.now(UTC) + timedelta(days=14)).strftime("%d %B %Y")
