"""Exchange Web Services of a sandbox provider: what mail programs use of them.

learn.microsoft.com/exchange/client-developer/web-service-reference/ews-operations-in-exchange
is what it keeps to.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses

from aiohttp import web

from postroad.sandbox.ews_compose import composed
from postroad.sandbox.ews_folders import Place, below, children, item, item_id, places
from postroad.sandbox.ews_items import described
from postroad.sandbox.ews_outbox import Outbox
from postroad.sandbox.ews_search import fits, in_order, page
from postroad.sandbox.ews_sign_in import NotSignedIn, SignIn
from postroad.sandbox.ews_soap import (
    PREFIXES,
    Element,
    EwsRefusal,
    M,
    T,
    answered,
    fault,
    parse,
    text,
)
from postroad.sandbox.ews_sync import new_items
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox, StoredMail
from postroad.sandbox.token_endpoint import add_token_routes

_PATH = "/EWS/Exchange.asmx"
_ENTRA = "/{tenant}/oauth2/v2.0"
_MOST_BYTES = 64 * 1024 * 1024
_KIND = {"Content-Type": "text/xml; charset=utf-8"}
_HEADERS = BytesHeaderParser()

Result = list[Element] | EwsRefusal


@dataclass(frozen=True, slots=True)
class _Call:
    """One operation that somebody who is signed in asks for."""

    operation: Element
    own: Mailbox
    """The mailbox that is meant where none is named."""

    @property
    def name(self) -> str:
        return str(self.operation.tag).rpartition("}")[2]

    @property
    def sends(self) -> bool:
        kind = self.operation.get("MessageDisposition", "SaveOnly")
        return self.name == "SendItem" or (self.name == "CreateItem" and kind != "SaveOnly")


def ews_app(provider: MailboxProvider) -> web.Application:
    """Return the interface of an Exchange server, its OAuth endpoints included."""
    ews = _Ews(provider)

    async def close(_: web.Application) -> None:
        ews.outbox.close()

    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post(_PATH, ews.serve)
    add_token_routes(app, provider, token=f"{_ENTRA}/token", authorise=f"{_ENTRA}/authorize")
    app.on_cleanup.append(close)
    return app


class _Ews:
    """Answers operations on the mailboxes of one provider."""

    def __init__(self, provider: MailboxProvider) -> None:
        self.outbox = Outbox(provider)
        self._provider = provider
        self._sign_in = SignIn(provider)
        self._operations: dict[str, Callable[[_Call], Awaitable[list[Result]]]] = {
            "CreateItem": self._create,
            "FindFolder": self._find_folders,
            "FindItem": self._find_items,
            "GetFolder": self._get_folders,
            "GetItem": self._get_items,
            "SendItem": self._send_items,
            "SyncFolderItems": self._sync,
        }

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one request."""
        content = await request.read()
        try:
            user = self._sign_in.user(request)
            header, operation = parse(content)
            call = _Call(operation, self._own(user, header))
            answer = await self._answered(request, call)
        except NotSignedIn as refused:
            self._provider.requests["401"] += 1
            return refused.answer()
        except EwsRefusal as refusal:
            return _faulty(refusal)
        except ValueError:
            words = "The request failed schema validation."
            return _faulty(EwsRefusal("ErrorSchemaValidation", words))
        return answer

    async def _answered(self, request: web.Request, call: _Call) -> web.Response:
        provider = self._provider
        provider.requests[call.name] += 1
        operate = self._operations.get(call.name)
        if operate is None:
            raise EwsRefusal("ErrorInvalidRequest", f"The sandbox does not know {call.name}.")
        with provider.under_way():
            struck = await provider.suffer(request, "send" if call.sends else "request")
            if struck is not None:
                if call.sends:
                    provider.refused[struck.status] += 1
                return struck
            results = await operate(call)
            if call.sends and (struck := await provider.suffer(request, "accepted")) is not None:
                return struck
        return web.Response(body=answered(call.name, results), headers=_KIND)

    def _own(self, user: str, header: Element | None) -> Mailbox:
        """Return the mailbox of who is impersonated, else the user's own, else the first."""
        local_part = user.rpartition("\\")[2].partition("@")[0].lower()
        addresses = self._provider.config.mailboxes
        own = (one for one in addresses if one.partition("@")[0].lower() == local_part)
        mailbox = self._provider.mailbox(_impersonated(header) or next(own, addresses[0]))
        if mailbox is None:
            words = "The SMTP address has no mailbox associated with it."
            raise EwsRefusal("ErrorNonExistentMailbox", words)
        return mailbox

    async def _create(self, call: _Call) -> list[Result]:
        items = children(call.operation, "m:Items")
        kind = call.operation.get("MessageDisposition", "SaveOnly")
        saved_in = self._saved_in(call)
        results: list[Result] = []
        for one in items:
            content = composed(one, saved_in.mailbox)
            if kind == "SaveOnly":
                mail = saved_in.mailbox.add(saved_in.folder, content)
                results.append([M.Items(T.Message(item_id(saved_in.mailbox, mail)))])
            else:
                save_copy = kind == "SendAndSaveCopy"
                results.append(await self._send(saved_in.mailbox, content, save_copy=save_copy))
        return results

    async def _send_items(self, call: _Call) -> list[Result]:
        save_copy = call.operation.get("SaveItemToFolder") == "true"
        results: list[Result] = []
        for found in self._items(call):
            if isinstance(found, EwsRefusal):
                results.append(found)
                continue
            mailbox, mail = found
            result = await self._send(mailbox, mail.content, save_copy=save_copy)
            if not isinstance(result, EwsRefusal):
                mailbox.remove(mail.id)
                result = []
            results.append(result)
        return results

    async def _send(self, mailbox: Mailbox, content: bytes, *, save_copy: bool) -> Result:
        recipients = _recipients(_HEADERS.parsebytes(content))
        if not recipients:
            return EwsRefusal("ErrorInvalidRecipients", "At least one recipient is not valid.")
        await asyncio.sleep(self._provider.config.latency.total_seconds())
        stored = self._provider.as_stored(content)
        self.outbox.take(mailbox, recipients, stored, save_copy=save_copy)
        return [M.Items()]

    def _saved_in(self, call: _Call) -> Place:
        saved = call.operation.find("m:SavedItemFolderId", PREFIXES)
        if saved is None:
            return Place(call.own, "drafts")
        [place] = places(self._provider, saved, call.own)
        if isinstance(place, EwsRefusal):
            raise place
        return place

    async def _get_folders(self, call: _Call) -> list[Result]:
        [ids] = call.operation.findall("m:FolderIds", PREFIXES)
        shape = call.operation.find("m:FolderShape", PREFIXES)
        found = places(self._provider, ids, call.own)
        return [
            one if isinstance(one, EwsRefusal) else [M.Folders(one.described(shape))]
            for one in found
        ]

    async def _find_folders(self, call: _Call) -> list[Result]:
        shape = call.operation.find("m:FolderShape", PREFIXES)
        view = call.operation.find("m:IndexedPageFolderView", PREFIXES)

        def listed(place: Place) -> list[Element]:
            folders = below(place)
            shown, offset, is_last = page(view, folders)
            found = T.Folders(*(one.described(shape) for one in shown))
            return [_root(found, offset, len(folders), is_last=is_last)]

        return self._of_each_parent(call, listed)

    async def _find_items(self, call: _Call) -> list[Result]:
        operation = call.operation
        shape = operation.find("m:ItemShape", PREFIXES)
        view = operation.find("m:IndexedPageItemView", PREFIXES)
        restriction = operation.find("m:Restriction", PREFIXES)
        order = operation.find("m:SortOrder", PREFIXES)

        def listed(place: Place) -> list[Element]:
            mails = [m for m in place.mails if restriction is None or fits(restriction, m)]
            shown, offset, is_last = page(view, in_order(order, mails))
            items = [described(place.mailbox, mail, shape) for mail in shown]
            return [_root(T.Items(*items), offset, len(mails), is_last=is_last)]

        return self._of_each_parent(call, listed)

    def _of_each_parent(
        self, call: _Call, listed: Callable[[Place], list[Element]]
    ) -> list[Result]:
        [parents] = call.operation.findall("m:ParentFolderIds", PREFIXES)
        return [
            place if isinstance(place, EwsRefusal) else listed(place)
            for place in places(self._provider, parents, call.own)
        ]

    async def _get_items(self, call: _Call) -> list[Result]:
        shape = call.operation.find("m:ItemShape", PREFIXES)
        return [
            one if isinstance(one, EwsRefusal) else [M.Items(described(*one, shape))]
            for one in self._items(call)
        ]

    def _items(self, call: _Call) -> Iterator[tuple[Mailbox, StoredMail] | EwsRefusal]:
        """Yield the mails that a request names, or why there is none."""
        for given in children(call.operation, "m:ItemIds"):
            try:
                yield item(self._provider, given)
            except EwsRefusal as refusal:
                yield refusal

    async def _sync(self, call: _Call) -> list[Result]:
        [parent] = call.operation.findall("m:SyncFolderId", PREFIXES)
        [place] = places(self._provider, parent, call.own)
        if isinstance(place, EwsRefusal):
            return [place]
        shape = call.operation.find("m:ItemShape", PREFIXES)
        most = int(text(call.operation, "m:MaxChangesReturned"))
        try:
            mails, state, is_all = new_items(place, text(call.operation, "m:SyncState"), most)
        except EwsRefusal as refusal:
            return [refusal]
        created = [T.Create(described(place.mailbox, mail, shape)) for mail in mails]
        last = M.IncludesLastItemInRange(str(is_all).lower())
        return [[M.SyncState(state), last, M.Changes(*created)]]


def _faulty(refusal: EwsRefusal) -> web.Response:
    return web.Response(status=500, body=fault(refusal), headers=_KIND)


def _impersonated(header: Element | None) -> str:
    """Return the address that an ExchangeImpersonation names; empty where there is none."""
    sid = None if header is None else header.find(".//t:ConnectingSID", PREFIXES)
    return "" if sid is None else "".join(sid.itertext()).strip()


def _root(items: Element, offset: int, total: int, *, is_last: bool) -> Element:
    return M.RootFolder(
        items,
        IndexedPagingOffset=str(offset),
        TotalItemsInView=str(total),
        IncludesLastItemInRange=str(is_last).lower(),
    )


def _recipients(headers: Message) -> list[str]:
    fields = [str(value) for name in ("To", "Cc", "Bcc") for value in headers.get_all(name, [])]
    return [address for _, address in getaddresses(fields) if "@" in address]
