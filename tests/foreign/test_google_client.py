"""Google's own client library, unmodified, against the sandbox it was not written for.

The description of the API is the one in its wheel; nothing is fetched.
"""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from importlib.resources import files
from typing import Any

import pytest

from postroad.sandbox.config import MailboxProviderConfig, ProviderLimit, SandboxConfig
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.server import serve

discovery: Any = pytest.importorskip("googleapiclient.discovery")
discovery_cache: Any = pytest.importorskip("googleapiclient.discovery_cache")
errors: Any = pytest.importorskip("googleapiclient.errors")
http: Any = pytest.importorskip("googleapiclient.http")
credentials: Any = pytest.importorskip("google.oauth2.credentials")
exceptions: Any = pytest.importorskip("google.auth.exceptions")

ANA = "ana@acme.test"
LIMIT = ProviderLimit.model_validate({"messages": 6, "per": "1h"})


@pytest.fixture
async def google() -> AsyncIterator[MailboxProvider]:
    """A Gmail provider with Ana's mailbox."""
    config = MailboxProviderConfig(
        name="google",
        kind="gmail",
        mailboxes=(ANA,),
        refresh_tokens={"ana-refresh": ANA},
        limits=(LIMIT,),
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        yield sandbox.mailbox_providers["google"]


@pytest.fixture
def service(google: MailboxProvider) -> Any:
    """Google's client, signed in by a refresh token."""
    here = f"http://127.0.0.1:{google.port}"
    creds = credentials.Credentials(
        token=None,
        refresh_token="ana-refresh",
        token_uri=f"{here}/token",
        client_id="sandbox",
        client_secret="sandbox-secret",
    )
    # It takes uploads to the document's own scheme, whatever endpoint it is given.
    described = json.loads(discovery_cache.get_static_doc("gmail", "v1"))
    described |= {"rootUrl": f"{here}/", "baseUrl": f"{here}/"}
    return discovery.build_from_document(described, credentials=creds)


async def ask(request: Callable[[], Any]) -> Any:
    """Run a blocking request on another thread, where the sandbox can answer it."""
    return await asyncio.to_thread(lambda: request().execute())


def composed(subject: str = "Hello", body: str = "Grüße.\n", **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ANA, "bob@buyer.test", subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    return bytes(mail)


def raw(content: bytes) -> dict[str, str]:
    return {"raw": base64.urlsafe_b64encode(content).decode()}


async def test_it_sends_lists_and_reads(service: Any, google: MailboxProvider) -> None:
    messages = service.users().messages()
    content = composed(Message_ID="<one@acme.test>", X_Postroad_Message="q4/intro/1")
    sent = await ask(lambda: messages.send(userId="me", body=raw(content)))
    assert sent["labelIds"] == ["SENT"]
    found = await ask(lambda: messages.list(userId="me", q="rfc822msgid:one@acme.test in:sent"))
    assert [message["id"] for message in found["messages"]] == [sent["id"]]
    whole = await ask(lambda: messages.get(userId="me", id=sent["id"], format="raw"))
    assert base64.urlsafe_b64decode(whole["raw"]) == content
    names = ["x-postroad-message"]
    about = await ask(
        lambda: messages.get(userId="me", id=sent["id"], format="metadata", metadataHeaders=names)
    )
    assert about["payload"]["headers"] == [{"name": "X-Postroad-Message", "value": "q4/intro/1"}]
    full = await ask(lambda: messages.get(userId=ANA, id=sent["id"]))
    assert base64.urlsafe_b64decode(full["payload"]["body"]["data"]).decode() == "Grüße.\n"
    assert google.requests["POST token"] == 1


@pytest.mark.parametrize("resumable", [False, True])
async def test_it_uploads_into_a_thread(
    service: Any, google: MailboxProvider, *, resumable: bool
) -> None:
    messages = service.users().messages()
    first = await ask(lambda: messages.send(userId="me", body=raw(composed())))
    # Its own multipart generator takes ASCII only.
    content = composed("Re: Hello", body="x" * 70 * 14_000)
    media = http.MediaIoBaseUpload(
        io.BytesIO(content), "message/rfc822", chunksize=262_144, resumable=resumable
    )
    about = {"threadId": first["threadId"]}
    sent = await ask(lambda: messages.send(userId="me", body=about, media_body=media))
    assert sent["threadId"] == first["threadId"]
    mailbox = google.mailbox(ANA)
    assert mailbox is not None
    assert mailbox.mails[sent["id"]].content == content


async def test_it_follows_the_history(service: Any, google: MailboxProvider) -> None:
    users = service.users()
    start = (await ask(lambda: users.getProfile(userId="me")))["historyId"]
    mailbox = google.mailbox(ANA)
    assert mailbox is not None
    arrived = [mailbox.add("inbox", composed(f"Mail {n}")).id for n in range(5)]
    listing = users.history().list(userId="me", startHistoryId=start, maxResults=2)
    found: list[str] = []
    while listing is not None:
        page = await asyncio.to_thread(listing.execute)
        found += [r["messagesAdded"][0]["message"]["id"] for r in page["history"]]
        listing = users.history().list_next(listing, page)
    assert found == arrived
    mailbox.expire_history()
    with pytest.raises(errors.HttpError) as refused:
        await ask(lambda: users.history().list(userId="me", startHistoryId=start))
    assert refused.value.status_code == 404


async def test_it_pages_through_a_mailbox(service: Any, google: MailboxProvider) -> None:
    mailbox = google.mailbox(ANA)
    assert mailbox is not None
    arrived = [mailbox.add("inbox", composed(f"Mail {n}")).id for n in range(7)]
    messages = service.users().messages()
    listing = messages.list(userId="me", labelIds="UNREAD", maxResults=3)
    found: list[str] = []
    while listing is not None:
        page = await asyncio.to_thread(listing.execute)
        found += [message["id"] for message in page["messages"]]
        listing = messages.list_next(listing, page)
    assert found == arrived[::-1]


async def test_it_understands_why_it_is_refused(service: Any) -> None:
    messages = service.users().messages()
    for _ in range(LIMIT.messages):
        await ask(lambda: messages.send(userId="me", body=raw(composed())))
    with pytest.raises(errors.HttpError) as refused:
        await ask(lambda: messages.send(userId="me", body=raw(composed())))
    assert refused.value.status_code == 429
    assert refused.value.error_details[0]["reason"] == "rateLimitExceeded"
    assert refused.value.reason.endswith("(Mail sending)")


async def test_it_notices_that_its_consent_was_taken_back(
    service: Any, google: MailboxProvider
) -> None:
    google.tokens.revoke(ANA)
    with pytest.raises(exceptions.RefreshError, match="invalid_grant"):
        await ask(lambda: service.users().getProfile(userId="me"))


def test_the_description_that_we_ship_says_what_googles_says() -> None:
    ours = json.loads((files("postroad.channels") / "gmail_v1.json").read_bytes())
    theirs = json.loads(discovery_cache.get_static_doc("gmail", "v1"))
    assert ours["rootUrl"] == theirs["rootUrl"]
    assert _says_the_same(ours["resources"], theirs["resources"])
    assert _says_the_same(ours["parameters"], theirs["parameters"])


def _says_the_same(ours: Any, theirs: Any) -> bool:
    """Whether everything that ours says stands in theirs; theirs says more."""
    if not isinstance(ours, dict):
        return bool(ours == theirs)
    return all(name in theirs and _says_the_same(ours[name], theirs[name]) for name in ours)
