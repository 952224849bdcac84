"""The Gmail API of a sandbox provider: what mail programs use of users.messages and users.history.

developers.google.com/workspace/gmail/api/reference/rest is what it keeps to.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import cast

from aiohttp import web

from postroad.sandbox.gmail_errors import (
    GmailRefusal,
    invalid,
    not_found,
    out_of_scope,
    too_many,
    unauthenticated,
)
from postroad.sandbox.gmail_resources import (
    Format,
    Json,
    history_record,
    labels_of,
    message,
    page,
    reference,
)
from postroad.sandbox.gmail_search import Search
from postroad.sandbox.gmail_uploads import Upload, Uploads
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.token_endpoint import add_revocation, add_token_routes

_SCOPE = "https://www.googleapis.com/auth/gmail."
_FULL = "https://mail.google.com/"
_MAY_READ = {f"{_SCOPE}readonly", f"{_SCOPE}modify", _FULL}
_MAY_SEND = {f"{_SCOPE}send", f"{_SCOPE}compose", f"{_SCOPE}modify", _FULL}
_MOST_BYTES = 64 * 1024 * 1024
_LARGEST_MAIL = 36_700_160
"""`maxSize` of users.messages.send in Google's own description of the API."""
_MOST_PER_PAGE = 500
_FORMATS = ("minimal", "full", "raw", "metadata")
_HEADERS = BytesHeaderParser()

Answer = Callable[[web.Request, Mailbox], Awaitable[web.Response]]


def gmail_app(provider: MailboxProvider) -> web.Application:
    """Return the interface of a Gmail provider, its OAuth endpoints included."""
    provider.tokens.scope = provider.tokens.scope or f"{_SCOPE}send {_SCOPE}readonly"
    gmail = _Gmail(provider)
    app = web.Application(client_max_size=_MOST_BYTES)
    user = "/gmail/v1/users/{user}"
    app.router.add_get(f"{user}/profile", gmail.served(gmail.profile))
    app.router.add_get(f"{user}/messages", gmail.served(gmail.messages))
    app.router.add_get(f"{user}/messages/{{id}}", gmail.served(gmail.one_message))
    app.router.add_get(f"{user}/history", gmail.served(gmail.history))
    send = gmail.served(gmail.send, sends=True)
    app.router.add_post(f"{user}/messages/send", send)
    upload = gmail.served(gmail.upload, sends=True)
    for place in ("/upload", "/resumable/upload"):
        app.router.add_post(f"{place}{user}/messages/send", upload)
        app.router.add_put(f"{place}{user}/messages/send", upload)
    add_token_routes(app, provider, token="/token", authorise="/o/oauth2/v2/auth")  # noqa: S106
    add_revocation(app, provider, "/revoke")
    return app


class _Gmail:
    """Answers requests on the mailboxes of one provider."""

    def __init__(self, provider: MailboxProvider) -> None:
        self._provider = provider
        self._uploads = Uploads()

    def served(
        self, answer: Answer, *, sends: bool = False
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return a handler that lets only those in whose token opens the mailbox for this."""

        async def handle(request: web.Request) -> web.Response:
            self._count(request)
            struck = None if sends else await self._provider.suffer(request, "request")
            if struck is not None:
                return struck
            try:
                return await answer(request, self._opened(request, sends=sends))
            except GmailRefusal as refusal:
                if sends:
                    self._provider.refused[refusal.status.value] += 1
                return refusal.answer()

        return handle

    async def profile(self, _: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer users.getProfile."""
        return web.json_response(
            {
                "emailAddress": mailbox.address,
                "messagesTotal": len(mailbox.mails),
                "threadsTotal": len({mail.thread_id for mail in mailbox.mails.values()}),
                "historyId": str(mailbox.history),
            }
        )

    async def messages(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer users.messages.list: newest first."""
        asked = request.query
        search = Search(asked.get("q", ""), self._provider.config.search_lag)
        labels = set(asked.getall("labelIds", []))
        mails = sorted(mailbox.mails.values(), key=lambda mail: (mail.at, mail.id), reverse=True)
        found = [m for m in mails if labels <= set(labels_of(m)) and search.finds(m)]
        answer = page("messages", [reference(m) for m in found], *_paging(request))
        return web.json_response(answer | {"resultSizeEstimate": len(found)})

    async def one_message(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer users.messages.get."""
        mail = mailbox.mails.get(request.match_info["id"])
        form = request.query.get("format", "full").lower()
        if mail is None:
            raise not_found()
        if form not in _FORMATS:
            raise invalid(f"Invalid value at 'format': {form}")
        wanted = request.query.getall("metadataHeaders", [])
        return web.json_response(message(mailbox, mail, cast("Format", form), wanted))

    async def history(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer users.history.list: oldest first; too old an id is not found."""
        start = request.query.get("startHistoryId", "")
        if not start.isdecimal():
            raise invalid("Missing or invalid startHistoryId")
        if not mailbox.oldest_history <= int(start) <= mailbox.history:
            raise not_found()
        types = {
            {"messageAdded": "added", "messageDeleted": "removed"}.get(kind, "moved")
            for kind in request.query.getall("historyTypes", [])
        }
        changes = [c for c in mailbox.changes_after(int(start)) if not types or c.kind in types]
        label = request.query.get("labelId")
        records = [history_record(c) for c in changes if label in (None, *labels_of(c.mail))]
        answer = page("history", records, *_paging(request))
        return web.json_response(answer | {"historyId": str(mailbox.history)})

    async def send(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer users.messages.send with the message in the JSON."""
        try:
            given = json.loads(await request.read())
            raw = given["raw"]
            content = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise invalid("'raw' RFC822 payload message string or uploading is required") from None
        return await self._accept(request, mailbox, Upload(content, given.get("threadId")))

    async def upload(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer users.messages.send with the message uploaded beside the JSON."""
        uploaded = await self._uploads.read(request)
        if isinstance(uploaded, web.Response):
            return uploaded
        return await self._accept(request, mailbox, uploaded)

    async def _accept(
        self, request: web.Request, mailbox: Mailbox, uploaded: Upload
    ) -> web.Response:
        provider = self._provider
        if (struck := await provider.suffer(request, "send")) is not None:
            provider.refused[struck.status] += 1
            return struck
        recipients = self._checked(mailbox, uploaded)
        await asyncio.sleep(provider.config.latency.total_seconds())
        content = provider.as_stored(uploaded.content)
        provider.accept(mailbox, recipients, content)
        mail = mailbox.add("sent", content, thread_id=uploaded.thread_id)
        if (struck := await provider.suffer(request, "accepted")) is not None:
            return struck
        answer: Json = reference(mail) | {"labelIds": labels_of(mail)}
        return web.json_response(answer)

    def _checked(self, mailbox: Mailbox, uploaded: Upload) -> list[str]:
        """Return the recipients of a message that may leave."""
        if len(uploaded.content) > _LARGEST_MAIL:
            raise invalid("Message too large.")
        recipients = _recipients(_HEADERS.parsebytes(uploaded.content))
        if not recipients:
            raise invalid("Recipient address required")
        threads = {mail.thread_id for mail in mailbox.mails.values()}
        if uploaded.thread_id is not None and uploaded.thread_id not in threads:
            raise not_found()
        if seconds := self._provider.seconds_until_room(mailbox):
            raise too_many(seconds)
        return recipients

    def _opened(self, request: web.Request, *, sends: bool) -> Mailbox:
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        user = request.match_info["user"].lower()
        tokens = self._provider.tokens
        address = tokens.mailbox_of(bearer) if kind.lower() == "bearer" else None
        mailbox = self._provider.mailbox(address or "")
        if mailbox is None:
            raise unauthenticated()
        if not (_MAY_SEND if sends else _MAY_READ) & set(tokens.scope_of(bearer)):
            raise out_of_scope()
        if user not in ("me", mailbox.address):
            raise not_found()
        return mailbox

    def _count(self, request: web.Request) -> None:
        template = request.match_info.route.resource
        path = "" if template is None else template.canonical
        self._provider.requests[f"{request.method} {path}"] += 1


def _paging(request: web.Request) -> tuple[str, int]:
    most = request.query.get("maxResults", "100")
    if not most.isdecimal():
        raise invalid(f"Invalid value at 'max_results': {most}")
    return request.query.get("pageToken", ""), min(int(most) or 1, _MOST_PER_PAGE)


def _recipients(headers: Message) -> list[str]:
    fields = [str(value) for name in ("To", "Cc", "Bcc") for value in headers.get_all(name, [])]
    return [address for _, address in getaddresses(fields) if "@" in address]
