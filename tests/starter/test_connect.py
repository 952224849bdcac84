"""`channel connect` has a person agree in their browser, and keeps what that gives."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs
from temporalio.client import Client

from postroad.contracts import ChannelState, MessageState
from postroad.ledger.channel_state import stop_channel
from postroad.ledger.channels import channel_state
from postroad.ledger.engine import Ledger
from postroad.ledger.workspace import apply_workspace, load_channel
from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import SecretBox
from postroad.workspace import GmailChannel, Workspace
from starter.setup import register_search_attributes
from tests.ledger_rows import ANA, NOW, add_campaign, add_person
from tests.starter.command import Postroad
from tests.starter.conftest import SECRET_KEY, TASK_QUEUE, Noted
from worker import running_worker

BO = "bo@acme.test"
CHANNEL = "ana-smtp"
"""What tests.ledger_rows plans messages for."""
CLIENT = {"client_id": "sandbox", "client_secret": "sandbox-secret"}
SERVICE_ACCOUNT = '{"client_email": "p@project.test", "private_key": "x"}'

Browser = Callable[[str], None]


@pytest.fixture
async def google() -> AsyncIterator[Sandbox]:
    """A Gmail provider with two mailboxes."""
    config = MailboxProviderConfig(name="google", kind="gmail", mailboxes=(ANA, BO))
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        yield sandbox


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Callable[[Browser], None]:
    """Sets what the person's browser does with the address that is opened in it."""

    def behaves(browser: Browser) -> None:
        monkeypatch.setattr("webbrowser.open", browser)

    behaves(follow)
    return behaves


def follow(address: str) -> None:
    httpx.get(address, follow_redirects=True).raise_for_status()


def apply(ledger: Ledger, **channel: Any) -> None:
    """Apply a workspace with one channel of Ana's."""
    sender = {"email": ANA, "name": "Ana Ruiz", "timezone": "UTC", "default_channel": CHANNEL}
    described = Workspace.model_validate(
        {
            "organisation": {"name": "Acme"},
            "senders": [sender],
            "channels": [{"id": CHANNEL, "address": ANA, **channel}],
        }
    )
    with ledger.write() as connection:
        apply_workspace(connection, described, SecretBox(SECRET_KEY), NOW)


def apply_gmail(ledger: Ledger, google: Sandbox) -> None:
    here = f"http://127.0.0.1:{google.port('google')}"
    apply(
        ledger,
        kind="gmail",
        credentials=CLIENT,
        endpoint=here,
        token_endpoint=f"{here}/token",
        authorisation_endpoint=f"{here}/o/oauth2/v2/auth",
    )


def kept(ledger: Ledger) -> str | None:
    """Return the refresh token that the channel signs in with."""
    with ledger.read() as connection:
        found = load_channel(connection, CHANNEL, SecretBox(SECRET_KEY))
    assert isinstance(found, GmailChannel)
    token = found.credentials.refresh_token
    return None if token is None else token.get_secret_value()


def state(ledger: Ledger) -> ChannelState | None:
    with ledger.read() as connection:
        found = channel_state(connection, CHANNEL)
    return None if found is None else found[0]


async def command(*arguments: str) -> asyncio.subprocess.Process:
    """Start the command as a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from starter.cli import main; main()", *arguments,
        stdout=asyncio.subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip


def stop(ledger: Ledger, state: ChannelState) -> None:
    with ledger.write() as connection:
        stop_channel(connection, CHANNEL, state, "the consent was taken back", NOW)


@pytest.mark.usefixtures("browser")
async def test_a_person_agrees_and_the_channel_can_send(
    postroad: Postroad, ledger: Ledger, google: Sandbox
) -> None:
    apply_gmail(ledger, google)
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.endswith(f"{CHANNEL} is connected as {ANA}\n")
    token = kept(ledger)
    assert token
    assert token not in ran.stdout
    assert "sandbox-secret" not in ran.stdout
    verified = await asyncio.to_thread(postroad, "channel", "verify", CHANNEL)
    assert verified.code == 0, verified.stderr


@pytest.mark.usefixtures("browser")
async def test_what_is_asked_is_the_least_that_works(
    postroad: Postroad, ledger: Ledger, google: Sandbox
) -> None:
    apply_gmail(ledger, google)
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    asked = parse_qs(urlsplit(ran.stdout.splitlines()[1]).query)
    assert asked["scope"] == [
        "https://www.googleapis.com/auth/gmail.send https://www.googleapis.com/auth/gmail.readonly"
    ]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["access_type"] == ["offline"]
    assert asked["login_hint"] == [ANA]
    assert asked["redirect_uri"][0].startswith("http://127.0.0.1:")
    assert len(asked["state"][0]) >= 32


@pytest.mark.usefixtures("browser")
async def test_connecting_again_resumes_the_channel_and_wakes_who_waits(
    postroad: Postroad, ledger: Ledger, google: Sandbox, noted: Noted
) -> None:
    apply_gmail(ledger, google)
    with ledger.write() as connection:
        add_campaign(connection)
        add_person(connection, "ada@x.test", MessageState.PLANNED, MessageState.PLANNED)
    stop(ledger, ChannelState.UNAUTHORISED)
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL, "--by", "bo")
    assert ran.code == 0, ran.stderr
    assert ran.stdout.endswith(f"{CHANNEL} is connected as {ANA}; 1 sequence woken\n")
    assert await noted.reasons_to_wake() == [f"{CHANNEL} connected by bo"]
    [row] = (await asyncio.to_thread(postroad, "channel", "list", "--json")).json
    assert (row["state"], row["reason"]) == ("active", "")


@pytest.mark.usefixtures("browser")
async def test_a_mail_that_waits_for_consent_leaves_as_soon_as_it_is_given(
    postroad: Postroad, ledger: Ledger, google: Sandbox, temporal: Client
) -> None:
    apply_gmail(ledger, google)
    await register_search_attributes(temporal)
    await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    google.mailbox_providers["google"].tokens.revoke(ANA)
    with capture_logs():  # what the worker says is not what the command prints
        async with running_worker(temporal, ledger, SecretBox(SECRET_KEY), TASK_QUEUE):
            mail = ("--from", ANA, "--to", "ada@x.test", "--subject", "Hello", "--text", "Hi")
            process = await command("send", *mail)
            async with asyncio.timeout(30):
                while state(ledger) is not ChannelState.UNAUTHORISED:
                    await asyncio.sleep(0.05)
            assert google.accepted.mails == []
            ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
            assert ran.stdout.endswith("1 sequence woken\n")
            out, _ = await process.communicate()
    assert out.decode().startswith(f"sent by {CHANNEL} as <send-")
    assert [accepted.recipients for accepted in google.accepted.mails] == [["ada@x.test"]]


@pytest.mark.usefixtures("browser")
async def test_what_an_operator_paused_stays_paused(
    postroad: Postroad, ledger: Ledger, google: Sandbox
) -> None:
    apply_gmail(ledger, google)
    stop(ledger, ChannelState.PAUSED)
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    assert ran.stdout.endswith(f"{CHANNEL} is connected as {ANA}, and stays paused\n")
    assert kept(ledger)


async def test_the_consent_of_somebody_else_is_not_kept(
    postroad: Postroad, ledger: Ledger, google: Sandbox, browser: Callable[[Browser], None]
) -> None:
    apply_gmail(ledger, google)
    browser(lambda address: follow(address.replace("ana%40", "bo%40")))
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    assert ran.code == 1
    assert f"the token belongs to {BO}, not to {ANA}" in ran.stderr
    assert kept(ledger) is None


async def test_a_consent_that_leaves_something_out_is_not_kept(
    postroad: Postroad, ledger: Ledger, google: Sandbox, browser: Callable[[Browser], None]
) -> None:
    apply_gmail(ledger, google)
    browser(follow)
    google.mailbox_providers["google"].tokens.scope = "https://www.googleapis.com/auth/gmail.send"
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    assert ran.code == 1
    assert "gmail.readonly" in ran.stderr
    assert kept(ledger) is None


async def test_who_does_not_agree_changes_nothing(
    postroad: Postroad, ledger: Ledger, google: Sandbox, browser: Callable[[Browser], None]
) -> None:
    apply_gmail(ledger, google)
    browser(lambda address: follow(address.replace("ana%40", "nobody%40")))
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    assert ran.code == 1
    assert (
        f"{CHANNEL} is not connected: there is no consent: the provider answered access_denied"
        in (ran.stderr)
    )
    assert kept(ledger) is None


async def test_an_answer_that_nobody_asked_for_is_turned_away(
    postroad: Postroad, ledger: Ledger, google: Sandbox, browser: Callable[[Browser], None]
) -> None:
    apply_gmail(ledger, google)
    answers: list[httpx.Response] = []

    def attacked(address: str) -> None:
        back = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        forged = {"code": "theirs", "state": "<script>"}
        answers.append(httpx.get(back, params=forged))
        follow(address)

    browser(attacked)
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    assert ran.code == 0
    [turned_away] = answers
    assert turned_away.status_code == 400
    assert "script" not in turned_away.text


async def test_a_code_that_another_program_stole_is_worth_nothing(
    postroad: Postroad, ledger: Ledger, google: Sandbox, browser: Callable[[Browser], None]
) -> None:
    apply_gmail(ledger, google)

    def stolen(address: str) -> None:
        answer = httpx.get(address)
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        form = {**CLIENT, "grant_type": "authorization_code", "code": code}
        back = {"redirect_uri": parse_qs(urlsplit(address).query)["redirect_uri"][0]}
        endpoint = f"http://127.0.0.1:{google.port('google')}/token"
        refused = httpx.post(endpoint, data=form | back | {"code_verifier": "guessed"})
        assert refused.json()["error"] == "invalid_grant"
        httpx.get(answer.headers["Location"])

    browser(stolen)
    ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
    assert ran.code == 1
    assert "invalid_grant" in ran.stderr


async def test_without_a_browser_the_address_is_printed_at_once(
    postroad: Postroad, ledger: Ledger, google: Sandbox
) -> None:
    assert postroad
    apply_gmail(ledger, google)
    process = await command("channel", "connect", CHANNEL, "--no-browser")
    assert process.stdout is not None
    assert b"Open this address" in await process.stdout.readline()
    address = (await process.stdout.readline()).decode().strip()
    await asyncio.to_thread(follow, address)
    assert (await process.stdout.read()).decode() == f"{CHANNEL} is connected as {ANA}\n"
    assert await process.wait() == 0
    assert kept(ledger)


@pytest.mark.usefixtures("browser")
async def test_one_persons_mailbox_in_exchange_online_is_connected_as_well(
    postroad: Postroad, ledger: Ledger
) -> None:
    config = MailboxProviderConfig(name="graph", kind="exchange_online", mailboxes=(ANA, BO))
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        here = f"http://127.0.0.1:{sandbox.port('graph')}"
        apply(
            ledger,
            kind="exchange_online",
            credentials={"tenant": "acme.test", **CLIENT},
            delegated=True,
            endpoint=f"{here}/v1.0",
            authority=here,
        )
        before = await asyncio.to_thread(postroad, "channel", "verify", CHANNEL)
        assert (before.code, "channel connect" in before.stdout) == (1, True)
        ran = await asyncio.to_thread(postroad, "channel", "connect", CHANNEL)
        assert (ran.code, ran.stderr) == (0, "")
        assert ran.stdout.endswith(f"{CHANNEL} is connected as {ANA}\n")
        after = await asyncio.to_thread(postroad, "channel", "verify", CHANNEL)
        assert after.code == 0, after.stderr


WRONG_KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "smtp": ({"kind": "smtp", "host": "localhost", "tls": "none"}, "user name and password"),
    "exchange": (
        {
            "kind": "exchange",
            "server": "https://mail.acme.test/EWS/Exchange.asmx",
            "username": "ana",
            "password": "pw",
        },
        "user name and password",
    ),
    "service account": (
        {"kind": "gmail", "credentials": {"service_account": SERVICE_ACCOUNT}},
        "service account, for the whole domain",
    ),
    "whole tenant": (
        {
            "kind": "exchange_online",
            "credentials": {"tenant": "acme.test", "client_id": "c", "client_secret": "s"},
        },
        "for the whole tenant; with delegated: true",
    ),
}


@pytest.mark.parametrize(("channel", "why"), WRONG_KINDS.values(), ids=WRONG_KINDS)
def test_a_channel_that_needs_no_consent_is_refused_in_one_sentence(
    postroad: Postroad, ledger: Ledger, channel: dict[str, Any], why: str
) -> None:
    apply(ledger, **channel)
    ran = postroad("channel", "connect", CHANNEL)
    assert ran.code == 1
    assert ran.stderr.startswith(
        f"postroad: {CHANNEL} is not connected by a person's consent: it signs"
    )
    assert why in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_an_unknown_channel_is_refused(postroad: Postroad) -> None:
    ran = postroad("channel", "connect", "nowhere")
    assert (ran.code, "there is no channel 'nowhere'" in ran.stderr) == (1, True)
