"""The sandbox's Microsoft Graph answers as Microsoft's does, to anybody who speaks HTTP."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.server import Sandbox, serve
from tests.channels.mails import eventually

ANA, BO = "ana@acme.test", "bo@acme.test"
TOKEN = "/acme.test/oauth2/v2.0/token"
CLIENT = {"client_id": "sandbox", "client_secret": "sandbox-secret"}
MAIL = b"From: ana@acme.test\r\nTo: bob@buyer.test\r\nSubject: Hello\r\n\r\nHi.\r\n"
MESSAGES = f"/v1.0/users/{ANA}/messages"
SENT = f"/v1.0/users/{ANA}/mailFolders/sentitems/messages"
BOB = {"emailAddress": {"address": "bob@buyer.test"}}
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


@dataclass(frozen=True, slots=True)
class Stage:
    """An application that is signed in, and the provider it talks to."""

    client: httpx.AsyncClient
    sandbox: Sandbox

    @property
    def provider(self) -> MailboxProvider:
        """The provider."""
        return self.sandbox.mailbox_providers["microsoft"]

    @property
    def mailbox(self) -> Mailbox:
        """Ana's mailbox."""
        found = self.provider.mailbox(ANA)
        assert found is not None
        return found

    async def draft(self, content: bytes = MAIL) -> httpx.Response:
        """Make a draft from MIME."""
        kind = {"Content-Type": "text/plain", **IMMUTABLE}
        return await self.client.post(MESSAGES, content=base64.b64encode(content), headers=kind)

    async def send(self, content: bytes = MAIL) -> httpx.Response:
        """Send a mail from MIME at once."""
        kind = {"Content-Type": "text/plain"}
        path = f"/v1.0/users/{ANA}/sendMail"
        return await self.client.post(path, content=base64.b64encode(content), headers=kind)

    async def person(self, refresh_token: str = "ana-refresh") -> dict[str, str]:
        """Return the headers of a person who consented."""
        form = {**CLIENT, "grant_type": "refresh_token", "refresh_token": refresh_token}
        token = (await self.client.post(TOKEN, data=form)).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def graph(**given: Any) -> AsyncIterator[Stage]:
    config = MailboxProviderConfig.model_validate(
        {
            "name": "microsoft",
            "kind": "exchange_online",
            "mailboxes": (ANA, BO),
            "refresh_tokens": {"ana-refresh": ANA},
            "answers_after": "10ms",
            **given,
        }
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        here = f"http://127.0.0.1:{sandbox.port('microsoft')}"
        async with httpx.AsyncClient(base_url=here) as client:
            form = {**CLIENT, "grant_type": "client_credentials", "scope": f"{here}/.default"}
            token = (await client.post(TOKEN, data=form)).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            yield Stage(client, sandbox)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_nobody_gets_in_without_a_token() -> None:
    async with graph() as stage:
        for header in ("", "Bearer", "Bearer made-up", "Basic YTpi"):
            answer = await stage.client.get(MESSAGES, headers={"Authorization": header})
            assert code(answer) == (401, "InvalidAuthenticationToken")


async def test_a_person_opens_their_own_mailbox_and_an_application_every_one() -> None:
    async with graph() as stage:
        ana = await stage.person()
        assert (await stage.client.get("/v1.0/me/messages", headers=ana)).status_code == 200
        assert (await stage.client.get(MESSAGES, headers=ana)).status_code == 200
        of_bo = f"/v1.0/users/{BO}/messages"
        assert code(await stage.client.get(of_bo, headers=ana)) == (403, "ErrorAccessDenied")
        assert (await stage.client.get(of_bo)).status_code == 200
        assert code(await stage.client.get("/v1.0/me/messages")) == (400, "BadRequest")
        of_eve = "/v1.0/users/eve@acme.test/messages"
        assert code(await stage.client.get(of_eve)) == (404, "ErrorInvalidUser")


@pytest.mark.parametrize(
    ("scope", "may_read", "may_draft", "may_send"),
    [("Mail.Read", 200, 403, 403), ("Mail.Send", 403, 403, 202), ("Mail.ReadWrite", 200, 201, 403)],
)
async def test_a_token_is_good_for_what_it_names(
    scope: str, may_read: int, may_draft: int, may_send: int
) -> None:
    async with graph() as stage:
        stage.provider.tokens.scope = scope
        stage.client.headers.update(await stage.person())
        assert (await stage.client.get(MESSAGES)).status_code == may_read
        assert (await stage.draft()).status_code == may_draft
        assert (await stage.send()).status_code == may_send


async def test_a_refresh_token_is_replaced_and_the_former_still_works_for_a_while() -> None:
    async with graph() as stage:
        form = {**CLIENT, "grant_type": "refresh_token", "refresh_token": "ana-refresh"}
        first = (await stage.client.post(TOKEN, data=form)).json()
        assert first["refresh_token"] != "ana-refresh"
        again = await stage.client.post(TOKEN, data=form)
        assert again.status_code == 200
        form["refresh_token"] = first["refresh_token"]
        assert (await stage.client.post(TOKEN, data=form)).status_code == 200


async def test_a_draft_keeps_its_immutable_id_when_it_is_sent_and_leaves_once() -> None:
    async with graph() as stage:
        draft = (await stage.draft()).json()
        assert draft["isDraft"]
        assert (await stage.client.post(f"{MESSAGES}/{draft['id']}/send")).status_code == 202
        sent = await stage.client.get(f"{MESSAGES}/{draft['id']}", headers=IMMUTABLE)
        assert (sent.json()["id"], sent.json()["isDraft"]) == (draft["id"], False)
        again = await stage.client.post(f"{MESSAGES}/{draft['id']}/send")
        assert code(again) == (404, "ErrorItemNotFound")
    assert len(stage.sandbox.accepted.mails) == 1


async def test_an_ordinary_id_is_lost_when_the_draft_moves() -> None:
    async with graph() as stage:
        draft = (await stage.client.post(MESSAGES, json={"toRecipients": [BOB]})).json()
        await stage.client.post(f"{MESSAGES}/{draft['id']}/send")
        gone = await stage.client.get(f"{MESSAGES}/{draft['id']}")
    assert code(gone) == (404, "ErrorItemNotFound")


async def test_mime_is_kept_as_it_came_and_completed() -> None:
    async with graph() as stage:
        draft = (await stage.draft()).json()
        content = (await stage.client.get(f"{MESSAGES}/{draft['id']}/$value")).content
    assert content.endswith(MAIL)
    assert b"Message-ID: " in content
    assert draft["internetMessageId"].encode() in content


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"no base64!", (400, "ErrorMimeContentInvalidBase64String")),
        (base64.b64encode(b"no mail"), (400, "ErrorMimeContentInvalid")),
        (b"A" * (4 * 1024 * 1024 + 4), (413, "RequestEntityTooLarge")),
    ],
)
async def test_what_is_no_mail_is_refused(body: bytes, found: tuple[int, str]) -> None:
    async with graph() as stage:
        kind = {"Content-Type": "text/plain"}
        assert code(await stage.client.post(MESSAGES, content=body, headers=kind)) == found


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"toRecipients": [1]}'])
async def test_json_that_is_no_message_is_refused(body: bytes) -> None:
    async with graph() as stage:
        kind = {"Content-Type": "application/json"}
        answer = await stage.client.post(MESSAGES, content=body, headers=kind)
        assert answer.status_code == 400


async def test_a_mail_for_nobody_is_refused_when_it_is_sent() -> None:
    async with graph() as stage:
        assert code(await stage.send(b"Subject: Hello\r\n\r\n")) == (400, "ErrorInvalidRecipients")
        assert stage.provider.refused == {400: 1}
        assert stage.mailbox.mails == {}


async def test_a_fifth_request_beside_four_is_refused_with_its_wait() -> None:
    async with graph(latency="300ms") as stage:
        answers = await asyncio.gather(*(stage.send() for _ in range(5)))
        refused = [answer for answer in answers if answer.status_code != 202]
        assert [code(answer) for answer in refused] == [(429, "ApplicationThrottled")]
        assert refused[0].headers["Retry-After"] == "1"
    assert len(stage.sandbox.accepted.mails) == 4


async def test_mail_above_the_pace_waits_in_the_outbox() -> None:
    async with graph(limits=[{"messages": 1, "per": "1s"}]) as stage:
        assert [(await stage.send()).status_code for _ in range(2)] == [202, 202]
        assert len(stage.mailbox.in_folder("outbox")) == 1
        assert len(stage.sandbox.accepted.mails) == 1
        await eventually(lambda: len(stage.sandbox.accepted.mails) == 2)
        assert len(stage.mailbox.in_folder("sent")) == 2


async def test_above_the_limit_of_a_day_it_is_refused() -> None:
    async with graph(limits=[{"messages": 1, "per": "1d"}]) as stage:
        assert (await stage.send()).status_code == 202
        refused = await stage.send()
        assert code(refused) == (429, "ErrorExceededMessageLimit")
        assert int(refused.headers["Retry-After"]) > 80_000
        assert stage.mailbox.in_folder("drafts") == []


async def test_the_limit_of_a_tenant_is_shared_and_spares_mail_inside() -> None:
    async with graph(external_recipients=1) as stage:
        assert (await stage.send()).status_code == 202
        inside = MAIL.replace(b"bob@buyer.test", BO.encode())
        for content in (inside, MAIL):
            assert (await stage.send(content)).status_code == 202
        of_bo = stage.provider.mailbox(BO)
        assert of_bo is not None
        await eventually(lambda: bool(stage.mailbox.in_folder("inbox")))
        [returned] = stage.mailbox.in_folder("inbox")
        await eventually(lambda: bool(of_bo.in_folder("inbox")))
    assert b"550 5.7.233" in returned.content


async def test_lists_are_filtered_ordered_cut_and_paged() -> None:
    async with graph() as stage:
        for n in range(5):
            stage.mailbox.add("sent", MAIL.replace(b"Hello", f"Mail {n}".encode())).at += n
        query = {"$top": "2", "$select": "subject", "$orderby": "sentDateTime asc"}
        page = (await stage.client.get(SENT, params=query)).json()
        found = [one["subject"] for one in page["value"]]
        assert set(page["value"][0]) == {"@odata.etag", "id", "subject"}
        while "@odata.nextLink" in page:
            page = (await stage.client.get(page["@odata.nextLink"])).json()
            found += [one["subject"] for one in page["value"]]
        assert found == [f"Mail {n}" for n in range(5)]
        one = await stage.client.get(SENT, params={"$filter": "subject eq 'Mail 3'"})
        assert [found["subject"] for found in one.json()["value"]] == ["Mail 3"]
        none = {"$filter": "isDraft eq false and sentDateTime lt 2020-01-01T00:00:00Z"}
        assert (await stage.client.get(SENT, params=none)).json()["value"] == []


async def test_what_was_just_sent_is_in_its_folder_before_it_is_in_all_of_them() -> None:
    async with graph(search_lag="1h") as stage:
        await stage.send()
        assert (await stage.client.get(MESSAGES)).json()["value"] == []
        assert len((await stage.client.get(SENT)).json()["value"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "startswith(subject,'Hello')"},
        {"$filter": "subject eq 'a' or subject eq 'b'"},
        {"$filter": "subject eq 'a' subject eq 'b'"},
        {"$filter": "subject ge 'a'"},
        {"$filter": "receivedDateTime ge 99"},
        {"$filter": "isRead eq 'yes'"},
        {"$orderby": "bodyPreview"},
        {"$select": "unknown"},
        {"$expand": "attachments"},
        {"$search": '"hello"'},
        {"$top": "many"},
        {"$top": "1001"},
    ],
)
async def test_what_the_sandbox_does_not_know_it_refuses(query: dict[str, str]) -> None:
    async with graph() as stage:
        stage.mailbox.add("inbox", MAIL)
        answer = await stage.client.get(MESSAGES, params=query)
        assert code(answer) == (400, "ErrorInvalidUrlQuery")


async def test_changes_are_told_once_with_what_went() -> None:
    async with graph() as stage:
        inbox = f"/v1.0/users/{ANA}/mailFolders/inbox/messages/delta"
        old = stage.mailbox.add("inbox", MAIL)
        page = (await stage.client.get(inbox, headers=IMMUTABLE)).json()
        assert [one["id"] for one in page["value"]] == [f"AAMk{old.id}="]
        link = page["@odata.deltaLink"]
        new = stage.mailbox.add("inbox", MAIL)
        stage.mailbox.move(old.id, "archive")
        page = (await stage.client.get(link)).json()
        gone = {"@removed": {"reason": "deleted"}, "id": f"AAMk{old.id}="}
        assert [one["id"] for one in page["value"]] == [f"AAMk{new.id}=", gone["id"]]
        assert page["value"][1] == gone
        again = (await stage.client.get(page["@odata.deltaLink"])).json()
        assert again["value"] == []


async def test_a_state_that_was_forgotten_is_gone() -> None:
    async with graph() as stage:
        inbox = f"/v1.0/users/{ANA}/mailFolders/inbox/messages/delta"
        stage.mailbox.add("inbox", MAIL)
        link = (await stage.client.get(inbox)).json()["@odata.deltaLink"]
        stage.mailbox.expire_history()
        assert code(await stage.client.get(link)) == (410, "SyncStateNotFound")
        made_up = await stage.client.get(inbox, params={"$deltatoken": "made-up"})
        assert code(made_up) == (410, "SyncStateNotFound")


async def test_parts_of_an_upload_come_in_their_order() -> None:
    async with graph() as stage:
        draft = (await stage.draft()).json()["id"]
        item = {"AttachmentItem": {"attachmentType": "file", "name": "a.bin", "size": 6}}
        begin = f"{MESSAGES}/{draft}/attachments/createUploadSession"
        session = (await stage.client.post(begin, json=item)).json()["uploadUrl"]
        wrong = {"Content-Range": "bytes 3-5/6"}
        refused = await stage.client.put(session, content=b"def", headers=wrong)
        assert refused.status_code == 400
        first = {"Content-Range": "bytes 0-2/6"}
        part = await stage.client.put(session, content=b"abc", headers=first)
        assert part.json()["nextExpectedRanges"] == ["3-"]
        last = await stage.client.put(session, content=b"def", headers=wrong)
        assert last.status_code == 201
        assert b"YWJjZGVm" in stage.mailbox.in_folder("drafts")[0].content


async def test_a_mail_can_be_marked_and_deleted() -> None:
    async with graph() as stage:
        mail = stage.mailbox.add("inbox", MAIL)
        path = f"{MESSAGES}/AAMk{mail.id}="
        assert (await stage.client.patch(path, json={"isRead": True})).json()["isRead"]
        assert (await stage.client.patch(path, json={"subject": "x"})).status_code == 400
        assert (await stage.client.delete(path)).status_code == 204
        assert code(await stage.client.delete(path)) == (404, "ErrorItemNotFound")
