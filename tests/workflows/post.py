"""A campaign that goes through one mailbox of a sandbox provider, for tests of what comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from operations.definition import read_definition
from operations.launching import launch
from postroad.contracts import ChannelState, mailbox_workflow_id
from postroad.ledger.channels import channel_state
from postroad.ledger.counts import CampaignReport
from postroad.ledger.engine import Ledger
from postroad.ledger.reports import campaign_report
from postroad.ledger.tables import Enrollment, Event, Message, Outcome, Suppression
from postroad.sandbox.config import DEFAULT_REFUSALS, MailboxProviderConfig, Refusal, SandboxConfig
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import secret_box
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
_FULL = Refusal(prefix="brimful", reply="552 5.2.2 The mailbox is full")
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
        self,
        *people: str,
        steps: str = TWO_STEPS,
        read_after: str = SOON,
        stop_on: str = "",
        rules: str = "",
        tracking: str = "false",
    ) -> None:
        """Write to people from Ana's mailbox; `rules` are the organisation's."""
        settings = CHANNELS[self.provider.config.kind].replace(
            "URL", f"http://127.0.0.1:{self.sandbox.port('p')}"
        )
        self.desk.write(
            "workspace.yaml",
            f"organisation: {{name: Acme, read_inbox_after: {read_after}{rules}}}\n"
            f"senders: [{{email: {ANA}, name: Ana, timezone: UTC}}]\n"
            f"channels: [{{id: box, kind: {self.provider.config.kind}, address: {ANA}, "
            f"limits: [], {settings}}}]\n",
        )
        await asyncio.to_thread(self.desk.apply)
        stops = f"stop_on: {stop_on}, " if stop_on else ""
        self.desk.write(
            "q4.yaml",
            f"{{id: q4, name: Q4, audience: people.csv, senders: [{ANA}], "
            f"tracking: {tracking}, {stops}steps: {steps}}}",
        )
        self.desk.write("people.csv", "email,name\n" + "".join(f"{one},P\n" for one in people))
        definition = read_definition(self.ledger, self.desk.campaign)
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


@asynccontextmanager
async def open_post(
    environment: WorkflowEnvironment, ledger: Ledger, directory: Path, kind: str = "gmail"
) -> AsyncIterator[Post]:
    """Serve a provider with Ana's mailbox; no worker runs yet."""
    config = MailboxProviderConfig.model_validate(
        {
            "name": "p",
            "kind": kind,
            "mailboxes": (ANA,),
            "answers_after": "200ms",
            "refusals": (*DEFAULT_REFUSALS, _TENANT_FULL, _FULL),
            **PROVIDERS[kind],
        }
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        yield Post(environment, ledger, sandbox, Desk(directory, ledger))
