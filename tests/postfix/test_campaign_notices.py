"""A campaign through a real Postfix, whose notices go to a real mailbox at Dovecot."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from activities.clock import Clock
from activities.mailbox_reading import MailboxReading
from operations.definition import read_definition
from operations.launching import launch
from postroad.channels.smtp import SmtpChannel
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, Event, Message, Outcome, Suppression
from postroad.ledger.workspace import load_channel
from postroad.secrets import secret_box
from tests.postfix.imap_box import ImapBox
from tests.postfix.server import ANY_PASSWORD
from tests.starter.campaigns import Desk
from tests.workflows.theatre import ANA, temporal_environment
from worker import running_worker

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

PEOPLE = {
    "gone@gone.test": "bounced",
    "late@refusing.test": "bounced",
    "full@slow.test": "delayed",
    "fine@buyer.test": "delivered",
}
"""What comes back for each of them."""
_STEPS = (
    "[{id: intro, subject: Hi, text: Hello}, {id: nudge, wait: 3 days, thread: reply, text: Again}]"
)


@pytest.fixture
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server on which time passes as it does."""
    async with temporal_environment(skip_time=False) as opened:
        yield opened


@pytest.fixture
def relay(box: ImapBox) -> int:
    """The port of a relay: its notices tell what became of what it took."""
    postfix = box.server
    refusal = "check_recipient_access static:{550 5.1.1 No such user}"
    postfix.route("refusing.test", postfix.listen(smtpd_recipient_restrictions=refusal))
    postfix.transport("gone.test", "error:5.1.1 User unknown")
    postfix.transport("slow.test", "retry:4.2.2 Mailbox full")
    return postfix.listen(smtpd_data_restrictions="", smtpd_reject_unlisted_recipient="no")


def _workspace(relay: int, box: ImapBox) -> str:
    imap = f"host: 127.0.0.1, port: {box.server.imap_port}, tls: none, username: {box.name}"
    bounces = (
        f"{{address: {box.name}@notices.test, verp: true, confirm_delivery: true, "
        f'imap: {{{imap}, password: "{ANY_PASSWORD}"}}}}'
    )
    return (
        "organisation: {name: Acme, read_inbox_after: [500ms, 2s, 4s, 8s]}\n"
        f"senders: [{{email: {ANA}, name: Ana, timezone: UTC}}]\n"
        f"channels: [{{id: relay, kind: smtp, address: {ANA}, host: 127.0.0.1, port: {relay}, "
        f"tls: none, bounces: {bounces}}}]\n"
    )


class _Campaign:
    """One campaign, and what the ledger knows of it."""

    def __init__(self, ledger: Ledger, directory: Path) -> None:
        self.ledger = ledger
        self.desk = Desk(directory, ledger)

    async def prepare(self, workspace: str) -> None:
        self.desk.write("workspace.yaml", workspace)
        await asyncio.to_thread(self.desk.apply)
        self.desk.write(
            "q4.yaml",
            f"{{id: q4, name: Q4, audience: people.csv, senders: [{ANA}], steps: {_STEPS}}}",
        )
        self.desk.write("people.csv", "email,name\n" + "".join(f"{one},P\n" for one in PEOPLE))

    async def until_read(self, outcomes: int) -> None:
        async with asyncio.timeout(40):
            while len(self.outcomes()) < outcomes:
                await asyncio.sleep(0.05)

    def outcomes(self) -> set[tuple[str, str, str]]:
        """Return what came back, for whom, and by what it was matched."""
        with self.ledger.read() as connection:
            rows = connection.execute(
                select(Enrollment.address, Outcome.kind, Outcome.basis)
                .join(Message, Message.id == Outcome.message)
                .join(Enrollment, Enrollment.id == Message.enrollment_id)
            ).all()
        return {(row.address, row.kind, row.basis) for row in rows}

    def states(self) -> dict[str, str]:
        with self.ledger.read() as connection:
            rows = connection.execute(select(Enrollment.address, Enrollment.state))
            return {address: state for address, state in rows}

    def suppressed(self) -> set[str]:
        with self.ledger.read() as connection:
            return set(connection.scalars(select(Suppression.address)))

    def told(self) -> list[str]:
        with self.ledger.read() as connection:
            return list(connection.scalars(select(Event.event).order_by(Event.id)))

    def channel(self) -> SmtpChannel:
        with self.ledger.read() as connection:
            settings = load_channel(connection, "relay", secret_box(self.desk.settings))
        assert settings is not None
        return SmtpChannel(settings)  # type: ignore[arg-type]

    async def read_again(self) -> dict[str, int]:
        """Read the mailbox once more; return what was new."""
        reading = MailboxReading(self.ledger, "relay", self.channel(), Clock(0))
        return (await reading.read()).outcomes


async def test_notices_of_every_kind_are_read_matched_and_counted_once(
    environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path, relay: int, box: ImapBox
) -> None:
    campaign = _Campaign(ledger, tmp_path)
    await campaign.prepare(_workspace(relay, box))
    box_of_secrets = secret_box(campaign.desk.settings)
    async with running_worker(environment.client, ledger, box_of_secrets, box.name):
        definition = read_definition(ledger, campaign.desk.campaign)
        await launch(environment.client, ledger, box.name, definition)
        await campaign.until_read(len(PEOPLE))
    outcomes = {(one, kind, "key") for one, kind in PEOPLE.items()}
    assert campaign.outcomes() == outcomes
    assert {one for one, state in campaign.states().items() if state == "bounced"} == {
        "gone@gone.test",
        "late@refusing.test",
    }
    assert campaign.suppressed() == {"gone@gone.test", "late@refusing.test"}
    told = campaign.told()
    assert await campaign.read_again() == {}
    box.change_validity(4711)
    assert await campaign.read_again() == {}
    assert (campaign.outcomes(), campaign.told()) == (outcomes, told)
