"""The sandbox's Gmail API answers as Google's does, to anybody who speaks HTTP."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.faults import Fault
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.remote import RemoteSandbox
from postroad.sandbox.server import Sandbox, serve

ANA, BO = "ana@acme.test", "bo@acme.test"
CLIENT = {"client_id": "sandbox", "client_secret": "sandbox-secret"}
MAIL = b"From: ana@acme.test\r\nTo: bob@buyer.test\r\nSubject: Hello\r\n\r\nHi.\r\n"
MESSAGES = "/gmail/v1/users/me/messages"


@dataclass(frozen=True, slots=True)
class Stage:
    """A signed-in client, and the provider it talks to."""

    client: httpx.AsyncClient
    sandbox: Sandbox

    @property
    def provider(self) -> MailboxProvider:
        """The provider."""
        return self.sandbox.mailbox_providers["google"]

    @property
    def mailbox(self) -> Mailbox:
        """Ana's mailbox."""
        found = self.provider.mailbox(ANA)
        assert found is not None
        return found

    async def send(self, content: bytes = MAIL, **given: str) -> httpx.Response:
        """Send a mail in JSON."""
        body = {"raw": base64.urlsafe_b64encode(content).decode(), **given}
        return await self.client.post(f"{MESSAGES}/send", json=body)

    async def listed(self, **params: Any) -> list[str]:
        """Return the ids of a list."""
        answer = await self.client.get(MESSAGES, params=params)
        return [message["id"] for message in answer.json().get("messages", [])]


@asynccontextmanager
async def gmail(**given: Any) -> AsyncIterator[Stage]:
    config = MailboxProviderConfig.model_validate(
        {
            "name": "google",
            "kind": "gmail",
            "mailboxes": (ANA, BO),
            "refresh_tokens": {"ana-refresh": ANA},
            **given,
        }
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        here = f"http://127.0.0.1:{sandbox.port('google')}"
        async with httpx.AsyncClient(base_url=here) as client:
            form = {**CLIENT, "grant_type": "refresh_token", "refresh_token": "ana-refresh"}
            token = (await client.post("/token", data=form)).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            yield Stage(client, sandbox)


async def test_nobody_gets_in_without_a_token() -> None:
    async with gmail() as stage:
        for header in ("", "Bearer", "Bearer made-up", "Basic YTpi"):
            answer = await stage.client.get(MESSAGES, headers={"Authorization": header})
            assert answer.status_code == 401
            assert answer.json()["error"]["errors"][0]["reason"] == "authError"


async def test_a_token_opens_its_own_mailbox_only() -> None:
    async with gmail() as stage:
        own = await stage.client.get(f"/gmail/v1/users/{ANA}/profile")
        other = await stage.client.get(f"/gmail/v1/users/{BO}/profile")
    assert own.json()["emailAddress"] == ANA
    assert other.status_code == 404


async def test_a_token_is_good_for_its_scopes_only() -> None:
    async with gmail() as stage:
        stage.provider.tokens.scope = "https://www.googleapis.com/auth/gmail.send"
        form = {**CLIENT, "grant_type": "refresh_token", "refresh_token": "ana-refresh"}
        token = (await stage.client.post("/token", data=form)).json()
        assert token["scope"] == stage.provider.tokens.scope
        stage.client.headers["Authorization"] = f"Bearer {token['access_token']}"
        refused = await stage.client.get("/gmail/v1/users/me/profile")
        assert refused.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"
        assert (await stage.send()).status_code == 200


async def test_a_revoked_token_opens_nothing_any_more() -> None:
    async with gmail() as stage:
        answer = await stage.client.post("/revoke", data={"token": "ana-refresh"})
        assert answer.status_code == 200
        assert (await stage.client.get(MESSAGES)).status_code == 401
        again = await stage.client.post("/revoke", data={"token": "ana-refresh"})
        assert again.status_code == 400


async def test_another_process_can_have_a_mailboxs_tokens_revoked() -> None:
    async with gmail() as stage:
        remote = RemoteSandbox(stage.sandbox.control_port)
        await asyncio.to_thread(remote.revoke, "bo@acme.test")
        assert (await stage.client.get(MESSAGES)).status_code == 200
        await asyncio.to_thread(remote.revoke, "Ana@acme.test")
        assert (await stage.client.get(MESSAGES)).status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"raw": 7}', b'{"raw": "***"}', b"\xff", b"null"]
)
async def test_a_send_without_a_message_is_refused(body: bytes) -> None:
    async with gmail() as stage:
        answer = await stage.client.post(f"{MESSAGES}/send", content=body)
        assert answer.status_code == 400
        assert stage.sandbox.accepted.mails == []


async def test_a_mail_to_nobody_is_refused() -> None:
    async with gmail() as stage:
        answer = await stage.send(b"Subject: Hello\r\n\r\nHi.\r\n")
        assert answer.json()["error"]["message"] == "Recipient address required"
        assert stage.provider.refused[400] == 1


async def test_everybody_in_to_cc_and_bcc_is_a_recipient() -> None:
    async with gmail() as stage:
        await stage.send(b"To: A <a@x.test>, b@x.test\r\nCc: c@x.test\r\nBcc: d@x.test\r\n\r\nHi.")
        [accepted] = stage.sandbox.accepted.mails
    assert accepted.recipients == ["a@x.test", "b@x.test", "c@x.test", "d@x.test"]


async def test_a_mail_to_a_neighbour_arrives_there() -> None:
    async with gmail(answers_after="0ms") as stage:
        await stage.send(MAIL.replace(b"bob@buyer.test", BO.encode()))
        bo = stage.provider.mailbox(BO)
        assert bo is not None
        await stage.client.get(MESSAGES)
        assert [mail.header("Subject") for mail in bo.in_folder("inbox")] == ["Hello"]


async def test_an_answer_stands_in_the_thread_of_what_it_answers() -> None:
    async with gmail() as stage:
        first = (await stage.send(b"Message-ID: <1@x.test>\r\n" + MAIL)).json()
        second = (await stage.send(b"References: <0@x.test> <1@x.test>\r\n" + MAIL)).json()
        third = (await stage.send()).json()
        unknown = await stage.send(threadId="nowhere")
    assert second["threadId"] == first["threadId"]
    assert third["threadId"] != first["threadId"]
    assert unknown.status_code == 404


async def test_searching_is_behind_and_folders_are_not() -> None:
    async with gmail(search_lag="1h") as stage:
        await stage.send()
        assert await stage.listed(q="in:sent") == []
        assert len(await stage.listed(labelIds="SENT")) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("in:sent", 1),
        ("-in:sent", 1),
        ("rfc822msgid:<1@x.test>", 1),
        ("rfc822msgid:2@x.test", 0),
        ("to:bob@buyer.test in:sent", 1),
        ("from:carl", 1),
        ("subject:hello", 2),
        ("hello -in:inbox", 1),
        ("after:1700000000", 2),
        ("before:1700000000", 0),
    ],
)
async def test_the_search_language_is_understood(query: str, found: int) -> None:
    async with gmail() as stage:
        await stage.send(b"Message-ID: <1@x.test>\r\n" + MAIL)
        stage.mailbox.add("inbox", MAIL.replace(b"ana@", b"carl@"))
        assert len(await stage.listed(q=query)) == found


@pytest.mark.parametrize("query", ["after:yesterday", "larger:5M"])
async def test_a_search_that_the_sandbox_does_not_know_is_no_silent_surprise(query: str) -> None:
    async with gmail() as stage:
        stage.mailbox.add("inbox", MAIL)
        answer = await stage.client.get(MESSAGES, params={"q": query})
    assert answer.status_code == 400


async def test_a_history_id_that_was_never_given_is_not_found() -> None:
    async with gmail() as stage:
        for start, status in (("0", 404), ("999", 404), ("1", 200), ("x", 400), ("", 400)):
            params = {"startHistoryId": start}
            answer = await stage.client.get("/gmail/v1/users/me/history", params=params)
            assert answer.status_code == status


async def test_the_history_tells_what_was_added_moved_and_removed() -> None:
    async with gmail() as stage:
        mail = stage.mailbox.add("inbox", MAIL)
        stage.mailbox.move(mail.id, "archive")
        stage.mailbox.remove(mail.id)
        answer = await stage.client.get(
            "/gmail/v1/users/me/history", params={"startHistoryId": "1"}
        )
    kinds = [next(k for k in r if k not in ("id", "messages")) for r in answer.json()["history"]]
    assert kinds == ["messagesAdded", "labelsAdded", "messagesDeleted"]


async def test_limits_are_told_as_google_tells_them() -> None:
    async with gmail(limits=[{"messages": 1, "per": "10s"}]) as stage:
        await stage.send()
        refused = await stage.send()
        error = refused.json()["error"]
    assert refused.status_code == 429
    assert error["errors"][0]["reason"] == "rateLimitExceeded"
    assert error["message"].startswith("User-rate limit exceeded.  Retry after 2")
    assert "Mail sending" not in error["message"]


async def test_a_fault_can_strike_before_and_after_a_mail_counts() -> None:
    async with gmail() as stage:
        for phase, left in (("send", 0), ("accepted", 1)):
            stage.sandbox.add_fault(
                Fault.model_validate({"phase": phase, "action": "reply", "status": 503})
            )
            assert (await stage.send()).status_code == 503
            assert len(stage.sandbox.accepted.mails) == left
        assert stage.provider.refused[503] == 1


async def test_the_authorisation_page_sends_nobody_off_this_machine() -> None:
    async with gmail() as stage:
        asked = {"client_id": "sandbox", "redirect_uri": "https://evil.test/", "state": "s"}
        answer = await stage.client.get("/o/oauth2/v2/auth", params=asked)
    assert answer.status_code == 400
