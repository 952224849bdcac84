"""Microsoft Graph of a sandbox provider: what mail programs use of messages and mail folders.

learn.microsoft.com/graph/api/resources/mail-api-overview is what it keeps to.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from aiohttp import web

from postroad.sandbox.ews_outbox import Outbox
from postroad.sandbox.graph_compose import from_json, from_mime, recipients_of
from postroad.sandbox.graph_errors import (
    GraphRefusal,
    denied,
    invalid,
    invalid_user,
    not_found,
    too_large,
    too_many_at_once,
    too_many_today,
    unauthenticated,
)
from postroad.sandbox.graph_reading import Reading, is_immutable
from postroad.sandbox.graph_resources import Json, mail_of, message
from postroad.sandbox.graph_sign_in import add_sign_in
from postroad.sandbox.graph_uploads import Uploads
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox, StoredMail

_MOST_BYTES = 4 * 1024 * 1024
"""learn.microsoft.com/graph/outlook-send-mime-message: of one request."""
_LARGEST_MAIL = 150 * 1024 * 1024
_MOST_AT_ONCE = 4
"""learn.microsoft.com/graph/throttling-limits: for one application and one mailbox."""
_A_MINUTE = timedelta(minutes=1)
"""What is above a limit for so long or less is delayed, not refused."""
_READ = frozenset({"Mail.Read", "Mail.ReadWrite"})
_WRITE = frozenset({"Mail.ReadWrite"})
_SEND = frozenset({"Mail.Send"})

Answer = Callable[[web.Request, Mailbox], Awaitable[web.Response]]


def graph_app(provider: MailboxProvider) -> web.Application:
    """Return the interface of Exchange Online, its OAuth endpoints included."""
    app = web.Application(client_max_size=_LARGEST_MAIL)
    graph = _Graph(provider)
    reading = Reading(provider)
    uploads = Uploads()
    for user in ("/v1.0/me", "/v1.0/users/{user}"):
        _add_routes(app, user, graph, reading, uploads)
    app.router.add_put("/uploads/{session}", uploads.put)
    add_sign_in(app, provider)
    app.on_cleanup.append(graph.close)
    return app


def _add_routes(
    app: web.Application, user: str, graph: "_Graph", reading: Reading, uploads: Uploads
) -> None:
    messages, folders = f"{user}/messages", f"{user}/mailFolders"
    one, folder = f"{messages}/{{id}}", f"{folders}/{{folder}}"
    routes: tuple[tuple[str, str, Answer, frozenset[str]], ...] = (
        ("GET", messages, reading.messages, _READ),
        ("GET", folders, reading.folders, _READ),
        ("GET", folder, reading.folder, _READ),
        ("GET", f"{folder}/childFolders", reading.folders, _READ),
        ("GET", f"{folder}/messages", reading.messages, _READ),
        ("GET", f"{folder}/messages/delta", reading.changes, _READ),
        ("GET", one, reading.message, _READ),
        ("GET", f"{one}/$value", reading.content, _READ),
        ("POST", messages, graph.create, _WRITE),
        ("PATCH", one, graph.update, _WRITE),
        ("DELETE", one, graph.delete, _WRITE),
        ("POST", f"{one}/permanentDelete", graph.delete, _WRITE),
        ("POST", f"{one}/attachments", uploads.attach, _WRITE),
        ("POST", f"{one}/attachments/createUploadSession", uploads.begin, _WRITE),
        ("POST", f"{one}/send", graph.send_draft, _SEND),
        ("POST", f"{user}/sendMail", graph.send_mail, _SEND),
    )
    for method, path, answer, permissions in routes:
        app.router.add_route(method, path, graph.served(answer, permissions))


class _Graph:
    """Lets requests in, and answers those that change or send something."""

    def __init__(self, provider: MailboxProvider) -> None:
        self._provider = provider
        self._outbox = Outbox(provider)
        self._at_once: Counter[str] = Counter()

    async def close(self, _: web.Application) -> None:
        """Let nothing more leave."""
        self._outbox.close()

    def served(
        self, answer: Answer, permissions: frozenset[str]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return a handler that lets only those in whose token opens the mailbox for this."""
        sends = permissions is _SEND
        provider = self._provider

        async def handle(request: web.Request) -> web.Response:
            self._count(request)
            try:
                mailbox = self._opened(request, permissions)
                with self._place(mailbox), provider.under_way():
                    struck = await provider.suffer(request, "send" if sends else "request")
                    if struck is None:
                        return await answer(request, mailbox)
            except GraphRefusal as refusal:
                struck = refusal.answer()
            if sends:
                provider.refused[struck.status] += 1
            return struck

        return handle

    async def create(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer POST …/messages: a draft, from JSON or from MIME."""
        draft = mailbox.add("drafts", await _posted(request, mailbox))
        if (struck := await self._provider.suffer(request, "drafted")) is not None:
            return struck
        return web.json_response(message(draft, immutable=is_immutable(request)), status=201)

    async def update(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer PATCH …/messages/{id}: only whether it was read can be changed."""
        mail = mail_of(mailbox, request.match_info["id"])
        given = await _json(request)
        if set(given) != {"isRead"}:
            raise invalid("The sandbox changes isRead only.", "ErrorInvalidRequest")
        mail.is_read = bool(given["isRead"])
        return web.json_response(message(mail, immutable=is_immutable(request)))

    async def delete(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer DELETE …/messages/{id} and …/permanentDelete."""
        mailbox.remove(mail_of(mailbox, request.match_info["id"]).id)
        return web.Response(status=204)

    async def send_draft(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer POST …/messages/{id}/send: a draft leaves only once."""
        draft = mail_of(mailbox, request.match_info["id"])
        if draft.folder != "drafts":
            raise not_found()
        return await self._accept(request, mailbox, draft)

    async def send_mail(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer POST …/sendMail: no id comes back, and every request sends."""
        content = await _posted(request, mailbox, wrapped=True)
        self._check(mailbox, content)
        return await self._accept(request, mailbox, mailbox.add("drafts", content))

    async def _accept(
        self, request: web.Request, mailbox: Mailbox, draft: StoredMail
    ) -> web.Response:
        provider = self._provider
        recipients = self._check(mailbox, draft.content)
        await asyncio.sleep(provider.config.latency.total_seconds())
        if mailbox.mails.get(draft.id) is not draft:
            raise not_found()
        draft.content = provider.as_stored(draft.content)
        self._outbox.take_draft(mailbox, recipients, draft)
        if (struck := await provider.suffer(request, "accepted")) is not None:
            return struck
        return web.Response(status=202)

    def _check(self, mailbox: Mailbox, content: bytes) -> list[str]:
        """Return the recipients of a mail that may leave, now or a little later."""
        if seconds := self._provider.seconds_until_room(mailbox, longer_than=_A_MINUTE):
            raise too_many_today(seconds)
        return recipients_of(content)

    @contextmanager
    def _place(self, mailbox: Mailbox) -> Iterator[None]:
        if self._at_once[mailbox.address] >= _MOST_AT_ONCE:
            raise too_many_at_once()
        self._at_once[mailbox.address] += 1
        try:
            yield
        finally:
            self._at_once[mailbox.address] -= 1

    def _opened(self, request: web.Request, permissions: frozenset[str]) -> Mailbox:
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        tokens = self._provider.tokens
        own = tokens.mailbox_of(bearer)
        wanted = request.match_info.get("user", own or "")
        opened = tokens.mailbox_of(bearer, wanted.lower())
        if kind.lower() != "bearer" or (own is None and opened is None):
            raise unauthenticated()
        if not wanted:
            words = "/me request is only valid with delegated authentication flow."
            raise invalid(words, "BadRequest")
        mailbox = self._provider.mailbox(wanted)
        if mailbox is None:
            raise invalid_user(wanted)
        if opened is None or not permissions & set(tokens.scope_of(bearer)):
            raise denied()
        return mailbox

    def _count(self, request: web.Request) -> None:
        template = request.match_info.route.resource
        path = "" if template is None else template.canonical.replace("/v1.0/users/{user}", "")
        self._provider.requests[f"{request.method} {path}"] += 1


async def _posted(request: web.Request, mailbox: Mailbox, *, wrapped: bool = False) -> bytes:
    """Return the mail that a request brings, as MIME."""
    content = await request.read()
    if len(content) > _MOST_BYTES:
        raise too_large()
    if request.content_type == "text/plain":
        return from_mime(content, mailbox.address)
    given = await _json(request)
    return from_json(given.get("message", {}) if wrapped else given, mailbox.address)


async def _json(request: web.Request) -> Json:
    try:
        given = json.loads(await request.read())
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise invalid("Unable to read JSON request payload.")
    return given
