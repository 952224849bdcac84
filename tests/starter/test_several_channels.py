"""A sender with a Gmail mailbox and the team's SMTP: every mail leaves by the right one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs
from temporalio.client import Client

from postroad.sandbox.config import MailboxProviderConfig, ProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import SecretBox
from starter.setup import register_search_attributes
from tests.ledger_rows import ANA
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad
from tests.starter.conftest import SECRET_KEY, TASK_QUEUE, Running
from worker import running_worker

WORKSPACE = """
organisation: {{name: Acme}}
senders:
  - {{email: ana@acme.test, name: Ana Ruiz, timezone: UTC, default_channel: {default}}}
channels:
  - id: ana-gmail
    kind: gmail
    address: ana@acme.test
    credentials: {{client_id: sandbox, client_secret: sandbox-secret, refresh_token: consent}}
    endpoint: http://127.0.0.1:{gmail}
    token_endpoint: http://127.0.0.1:{gmail}/token
    limits: []
  - {{id: team, kind: smtp, shared: true, host: 127.0.0.1, port: {smtp}, tls: none}}
"""
CONFIG = SandboxConfig(
    providers=(ProviderConfig(name="team"),),
    mailbox_providers=(
        MailboxProviderConfig(
            name="google", kind="gmail", mailboxes=(ANA,), refresh_tokens={"consent": ANA}
        ),
    ),
)
SEND = ("send", "--from", ANA, "--to", "ada@example.com", "--subject", "Hello", "--text", "Hi")


@pytest.fixture
async def both(desk: Desk, postroad: Postroad, temporal: Client) -> AsyncIterator[Running]:
    """A worker that sends by Gmail and by SMTP."""
    await register_search_attributes(temporal)
    async with await serve(CONFIG) as sandbox:
        # A worker of its own would log elsewhere than commands print.
        with capture_logs():
            async with running_worker(temporal, desk.ledger, SecretBox(SECRET_KEY), TASK_QUEUE):
                yield Running(desk, sandbox, postroad)


async def _apply(both: Running, default: str) -> None:
    ports = {"gmail": both.sandbox.port("google"), "smtp": both.sandbox.port("team")}
    both.desk.write("workspace.yaml", WORKSPACE.format(default=default, **ports))
    assert (await both("apply", "workspace.yaml")).code == 0


def _accepted(sandbox: Sandbox) -> list[str]:
    return [mail.provider for mail in sandbox.accepted.mails]


async def test_a_mail_from_the_gmail_plugin_leaves_by_gmail_whatever_the_default(
    both: Running,
) -> None:
    await _apply(both, default="team")
    assert (await both(*SEND)).stdout.startswith("sent by team")
    assert (await both(*SEND, "--plugin", "gmail")).stdout.startswith("sent by ana-gmail")
    assert _accepted(both.sandbox) == ["team", "google"]


async def test_bulk_mail_never_leaves_through_the_mailbox(both: Running) -> None:
    await _apply(both, default="ana-gmail")
    both.desk.edit("q4.yaml", "name: Q4 launch", "name: Q4 launch\npurpose: bulk")
    both.desk.edit("q4.yaml", "wait: 3 days, ", "")
    assert (await both("launch", "q4.yaml", "--wait")).code == 0
    assert set(_accepted(both.sandbox)) == {"team"}


async def test_a_follow_up_stays_in_its_mailbox_and_trace_says_why(both: Running) -> None:
    await _apply(both, default="ana-gmail")
    both.desk.edit("q4.yaml", "wait: 3 days, ", "channel: team, ")
    assert (await both("launch", "q4.yaml", "--wait")).code == 0
    assert set(_accepted(both.sandbox)) == {"google"}
    told = (await both("trace", "ada@example.com", "--json")).json
    chosen = [entry for entry in told if entry["event"] == "selected"]
    assert [(entry["step"], entry["channel"]) for entry in chosen] == [
        ("intro", "ana-gmail"),
        ("nudge", "ana-gmail"),
    ]
    assert chosen[0]["detail"] == f"it is the default of {ANA}"
    assert chosen[1]["detail"].startswith("the conversation began there")


async def test_another_channel_stands_in_only_where_the_campaign_allows_it(both: Running) -> None:
    await _apply(both, default="ana-gmail")
    assert (await both("channel", "pause", "ana-gmail")).code == 0
    both.desk.edit("q4.yaml", "name: Q4 launch", "name: Q4 launch\nfallback: true")
    both.desk.edit("q4.yaml", "wait: 3 days, thread: reply, ", "subject: Again, ")
    assert (await both("launch", "q4.yaml", "--wait")).code == 0
    assert set(_accepted(both.sandbox)) == {"team"}
    strict = await both(*SEND, "--no-wait")
    assert "will wait: ana-gmail is paused" in strict.stderr
    both.sandbox.accepted.mails.clear()
    assert (await both("channel", "resume", "ana-gmail")).code == 0
    async with asyncio.timeout(20):
        while not both.sandbox.accepted.mails:
            await asyncio.sleep(0.1)
    assert _accepted(both.sandbox) == ["google"]
