"""`postroad identity`: an address is verified by a token that only its owner can read."""

import asyncio
import re
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from operations.clock import now
from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.identities import ask_to_verify
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender
from tests.starter.command import Postroad
from tests.starter.conftest import Noted, Running
from tests.starter.smtp_inbox import Inbox, free_port

WORKSPACE = """
organisation: {{name: Acme}}
senders:
  - {{email: ana@acme.test, name: Ana Ruiz, timezone: UTC,
     identities: [{{email: ana@acme-sales.test, channel: team}}]}}
channels:
  - {{id: team, kind: smtp, shared: true, host: 127.0.0.1, port: {port}, tls: none,
     verify_identities: true}}
"""


@pytest.fixture
def inbox(postroad: Postroad, tmp_path: Path) -> Iterator[Inbox]:
    """What the team's server accepted, once the workspace was applied."""
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    (tmp_path / "workspace.yaml").write_text(WORKSPACE.format(port=port))
    applied = postroad("apply", "workspace.yaml")
    assert applied.code == 0
    assert f"warning: {ANA} is not verified on team" in applied.stderr
    yield inbox
    controller.stop()


def _token(mail: Message) -> str:
    found = re.search(r"postroad identity confirm \S+ (\w+)", str(mail.get_payload()))
    assert found
    return found[1]


def test_an_address_is_verified_by_the_token_it_was_mailed(
    postroad: Postroad, inbox: Inbox
) -> None:
    asked = postroad("identity", "verify", "Ana@acme.test", "--channel", "team")
    assert (asked.code, asked.stderr) == (0, "")
    (mail,) = inbox.mails
    assert (mail["From"], mail["To"]) == (f"Ana Ruiz <{ANA}>", ANA)
    token = _token(mail)
    assert token not in asked.stdout
    assert token not in mail["X-Postroad-Message"]
    confirmed = postroad("identity", "confirm", ANA, token)
    assert (confirmed.code, confirmed.stdout) == (0, f"{ANA} is verified on team\n")
    assert postroad("apply", "workspace.yaml").stderr.count("warning") == 1, "the identity is left"


def test_an_identity_is_verified_as_itself(postroad: Postroad, inbox: Inbox) -> None:
    alias = "ana@acme-sales.test"
    assert postroad("identity", "verify", alias).code == 0
    (mail,) = inbox.mails
    assert (mail["From"], mail["To"]) == (f"Ana Ruiz <{alias}>", alias)
    assert postroad("identity", "confirm", alias, _token(mail)).code == 0


@pytest.mark.usefixtures("inbox")
def test_the_list_says_where_each_address_stands(postroad: Postroad) -> None:
    rows = postroad("identity", "list", "--json").json
    assert [(row["email"], row["state"]) for row in rows] == [
        ("ana@acme-sales.test", "unverified"),
        (ANA, "unverified"),
    ]
    postroad("identity", "verify", ANA)
    lines = postroad("identity", "list").stdout.splitlines()
    assert lines[2].startswith(f"{ANA}\tteam\tasked\t")


def test_mail_is_not_sent_to_verified_addresses(postroad: Postroad, inbox: Inbox) -> None:
    postroad("identity", "verify", ANA)
    postroad("identity", "confirm", ANA, _token(inbox.mails[0]))
    again = postroad("identity", "verify", ANA)
    assert (again.code, len(inbox.mails)) == (1, 1)
    assert "needs no token" in again.stderr


@pytest.mark.usefixtures("inbox")
def test_wrong_input_is_one_sentence(postroad: Postroad) -> None:
    for arguments, words in (
        (("verify", "eve@acme.test"), "the workspace has no sender eve@acme.test"),
        (("verify", "nobody"), "'nobody' is no email address"),
        (("verify", ANA, "--channel", "tema"), "no token to get through 'tema'"),
        (("confirm", ANA, "guess"), "no token of ana@acme.test waits"),
    ):
        ran = postroad("identity", *arguments)
        assert (ran.code, ran.stdout) == (1, "")
        assert words in ran.stderr
        assert len(ran.stderr.splitlines()) == 1


@pytest.mark.usefixtures("inbox")
def test_a_server_that_does_not_answer_is_said(postroad: Postroad, tmp_path: Path) -> None:
    text = (tmp_path / "workspace.yaml").read_text()
    (tmp_path / "workspace.yaml").write_text(re.sub(r"port: \d+", "port: 1", text))
    postroad("apply", "workspace.yaml")
    ran = postroad("identity", "verify", ANA)
    assert ran.code == 1
    assert "team did not take the mail: " in ran.stderr


async def test_confirming_wakes_the_mail_that_was_held(
    postroad: Postroad, ledger: Ledger, noted: Noted
) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_campaign(connection)
        add_channel(connection, settings={"verify_identities": True})
        add_person(connection, "ada@x.test", MessageState.PLANNED, channel=None, due_at=NOW)
        ask_to_verify(connection, "ana-smtp", ANA, "token", now())
    assert (await asyncio.to_thread(postroad, "identity", "confirm", ANA, "token")).code == 0
    assert await noted.reasons_to_wake() == [f"{ANA} verified"]


async def test_mail_of_an_unverified_address_is_held_until_somebody_vouches(
    running: Running,
) -> None:
    text = (running.desk.directory / "workspace.yaml").read_text()
    strict = text.replace("id: ana-smtp,", "id: ana-smtp, verify_identities: true,")
    running.desk.write("workspace.yaml", strict)
    assert (await running("apply", "workspace.yaml")).code == 0
    send = ("send", "--from", ANA, "--to", "ada@example.com", "--subject", "Hello", "--text", "Hi")
    campaign = (await running(*send, "--no-wait", "--json")).json["campaign"]
    async with asyncio.timeout(30):
        while "is not verified" not in (await running("explain", "ada@example.com")).stdout:
            await asyncio.sleep(0.1)
    assert running.sandbox.accepted.messages == 0
    vouched = strict.replace("id: ana-smtp,", "id: ana-smtp, verified_domains: [acme.test],")
    running.desk.write("workspace.yaml", vouched)
    assert (await running("apply", "workspace.yaml")).code == 0
    async with asyncio.timeout(30):
        while not running.sandbox.accepted.messages:
            await asyncio.sleep(0.1)
    events = [
        entry["event"] for entry in (await running("trace", "ada@example.com", "--json")).json
    ]
    assert events[:2] == ["enrolled", "selected"]
    assert campaign in (await running("status", "--all")).stdout
