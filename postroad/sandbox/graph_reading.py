"""What Microsoft Graph of a sandbox provider answers to those who only look."""

import time

from aiohttp import web

from postroad.sandbox.graph_delta import Deltas
from postroad.sandbox.graph_query import Query
from postroad.sandbox.graph_resources import Json, folder_of, folders_below, mail_folder, mail_of
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox


class Reading:
    """Answers requests that change nothing."""

    def __init__(self, provider: MailboxProvider) -> None:
        self._provider = provider
        self._deltas = Deltas()

    async def messages(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer GET …/messages, of one folder or of all: newest first."""
        query = Query(request.query, immutable=is_immutable(request))
        given = request.match_info.get("folder")
        if given is None:
            mails = sorted(mailbox.mails.values(), key=lambda m: (m.at, m.id), reverse=True)
            mails = [mail for mail in mails if mail.at <= self._indexed()]
        else:
            mails = mailbox.in_folder(folder_of(mailbox, given))
        found = query.ordered([mail for mail in mails if query.condition(mail)])
        end = query.skip + query.top
        answer: Json = {"value": [query.shown(mail) for mail in found[query.skip : end]]}
        if end < len(found):
            answer["@odata.nextLink"] = _link(request, {**request.query, "$skip": str(end)})
        return web.json_response(answer)

    async def message(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer GET …/messages/{id}."""
        query = Query(request.query, immutable=is_immutable(request))
        return web.json_response(query.shown(mail_of(mailbox, request.match_info["id"])))

    async def content(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer GET …/messages/{id}/$value: the mail as MIME."""
        mail = mail_of(mailbox, request.match_info["id"])
        return web.Response(body=mail.content, content_type="text/plain")

    async def folders(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer GET …/mailFolders and …/mailFolders/{id or well-known name}/childFolders."""
        given = request.match_info.get("folder")
        parent = None if given is None else folder_of(mailbox, given)
        query = Query(request.query, immutable=is_immutable(request))
        found = folders_below(mailbox, parent)
        end = query.skip + query.top
        answer: Json = {"value": [mail_folder(mailbox, one) for one in found[query.skip : end]]}
        if end < len(found):
            answer["@odata.nextLink"] = _link(request, {**request.query, "$skip": str(end)})
        return web.json_response(answer)

    async def folder(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer GET …/mailFolders/{id or well-known name}."""
        folder = folder_of(mailbox, request.match_info["folder"])
        return web.json_response(mail_folder(mailbox, folder))

    async def changes(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer GET …/messages/delta."""
        asked = dict(request.query)
        token = asked.get("$deltatoken") or asked.get("$skiptoken")
        if token is None:
            folder = folder_of(mailbox, request.match_info["folder"])
            token = self._deltas.begin(folder, asked, immutable=is_immutable(request))
        prefer = request.headers.get("Prefer", "")
        shown, token, more = self._deltas.page(mailbox, token, prefer)
        kind, link = ("$skiptoken", "next") if more else ("$deltatoken", "delta")
        answer = {"value": shown, f"@odata.{link}Link": _link(request, {kind: token})}
        return web.json_response(answer)

    def _indexed(self) -> int:
        """Return how new a mail may be to be found in all folders at once."""
        lag = self._provider.config.search_lag.total_seconds()
        return time.time_ns() // 1_000_000 - int(lag * 1_000)


def is_immutable(request: web.Request) -> bool:
    """Whether a client prefers ids that outlive the folder."""
    return 'IdType="ImmutableId"' in request.headers.get("Prefer", "")


def _link(request: web.Request, query: dict[str, str]) -> str:
    return str(request.url.with_query(query))
