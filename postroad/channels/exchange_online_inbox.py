"""What arrived in an Exchange Online mailbox, read on from where the last reading ended.

learn.microsoft.com/graph/delta-query-messages: changes are told folder by folder. All folders are
followed, since rules file mail away before anybody sees it in the Inbox; only what the person
writes themselves is left out.
"""

import json
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from typing import Final, Self

from postroad.channels.base import InboundMail, InboxPage
from postroad.channels.exchange_online_api import GraphApi, Json, in_path, link_of
from postroad.channels.exchange_online_errors import CursorTooOld, NotThere, nonsense
from postroad.channels.exchange_online_sent import OUTBOX, SENT, milliseconds

_OWN: Final = (SENT, OUTBOX, "drafts")
_PAGE = 10
"""Each of them is read whole, one by one."""
_ENOUGH_MAILS, _ENOUGH_BYTES = 25, 20_000_000
"""When the rest is left to the next reading."""
_RESYNC_MS = 30 * 86_400_000
_MARGIN_MS = 3_600_000
"""How far Microsoft's clock may be behind ours without hiding any mail."""
_HEADERS = BytesHeaderParser()


@dataclass(slots=True)
class _Cursor:
    """How far each folder was read."""

    since: int
    """What arrived before is not asked for, in milliseconds since the epoch."""
    links: dict[str, str] = field(default_factory=dict[str, str])
    """Id of a folder → where its changes go on."""
    todo: list[str] = field(default_factory=list[str])
    """Folders that this round has not come to the end of."""

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return the cursor that was written down."""
        return cls(**json.loads(text))

    def begin_round(self, folders: list[str]) -> None:
        """Have these folders read again, and forget those that are gone."""
        self.todo = folders
        self.links = {folder: link for folder, link in self.links.items() if folder in folders}

    def __str__(self) -> str:
        """Return it to be written down."""
        return json.dumps(asdict(self), separators=(",", ":"))


class Inbox:
    """Reads what arrives in one mailbox, in whatever folder it is by now."""

    def __init__(self, api: GraphApi, address: str) -> None:
        self._api = api
        self._address = address.lower()
        self._own: frozenset[str] | None = None

    async def read(self, text: str | None) -> InboxPage:
        """Return what arrived since the cursor: see DeliveryChannel.read_inbox.

        Raises:
            ChannelError: the mailbox cannot be read now.
        """
        if text is None:
            return await self._from_now_on()
        cursor = _Cursor.parsed(text)
        if not cursor.todo:
            cursor.begin_round(await self._folders())
        mails: list[InboundMail] = []
        resynced = False
        while cursor.todo and not _enough(mails):
            try:
                mails += await self._next(cursor)
            except CursorTooOld:
                resynced = True
                cursor.links.pop(cursor.todo[0], None)
                cursor.since = max(cursor.since, _now() - _RESYNC_MS)
                mails += await self._next(cursor)
        return InboxPage(mails, str(cursor), more=bool(cursor.todo), resynced=resynced)

    async def _from_now_on(self) -> InboxPage:
        """Read every folder to its end once, without the mails: Graph has no other "now"."""
        cursor = _Cursor(since=_now() - _MARGIN_MS, todo=await self._folders())
        while cursor.todo:
            await self._changes(cursor)
        return InboxPage(mails=[], cursor=str(cursor))

    async def _next(self, cursor: _Cursor) -> list[InboundMail]:
        """Return what arrived by the next page of the first folder."""
        mails: list[InboundMail] = []
        for change in await self._changes(cursor):
            if "@removed" in change or change.get("isDraft"):
                continue
            mail = await self._read(change)
            if mail is not None:
                mails.append(mail)
        return mails

    async def _changes(self, cursor: _Cursor) -> list[Json]:
        """Return the next page of the first folder, and move the cursor behind it."""
        folder = cursor.todo[0]
        try:
            page = await self._page(folder, cursor)
        except NotThere:  # the folder was deleted
            cursor.links.pop(folder, None)
            cursor.todo.pop(0)
            return []
        if (link := link_of(page)) is None:
            link = link_of(page, "delta")
            cursor.todo.pop(0)
        if link is None:
            raise nonsense()
        cursor.links[folder] = link
        found: list[Json] = page["value"]
        return found

    async def _page(self, folder: str, cursor: _Cursor) -> Json:
        prefer = f"odata.maxpagesize={_PAGE}"
        if link := cursor.links.get(folder):
            return await self._api.follow(link, prefer=prefer)
        since = datetime.fromtimestamp(cursor.since / 1_000, UTC)
        query = {
            "changeType": "created",
            "$select": "receivedDateTime,conversationId,isDraft,from",
            "$filter": f"receivedDateTime ge {since:%Y-%m-%dT%H:%M:%SZ}",
        }
        path = f"/mailFolders/{in_path(folder)}/messages/delta"
        return await self._api.page(path, query, prefer=prefer)

    async def _read(self, found: Json) -> InboundMail | None:
        """Return a mail; None where it was deleted meanwhile, or is the person's own."""
        mail_id = str(found["id"])
        try:
            content = await self._api.raw(mail_id)
        except NotThere:
            return None
        if self._is_own(found, content):
            return None
        return InboundMail(
            provider_id=mail_id,
            content=content,
            received_at=milliseconds(found["receivedDateTime"]),
            thread_id=found.get("conversationId"),
        )

    def _is_own(self, found: Json, content: bytes) -> bool:
        """Whether the person sent it and filed it: what arrived was received by some server."""
        sender = str(((found.get("from") or {}).get("emailAddress") or {}).get("address", ""))
        return sender.lower() == self._address and "Received" not in _HEADERS.parsebytes(content)

    async def _folders(self) -> list[str]:
        """Return every folder that mail may arrive in, subfolders included."""
        if self._own is None:
            self._own = frozenset([await self._api.folder(name) for name in _OWN])
        found: list[str] = []
        paths = ["/mailFolders"]
        while paths:
            for folder in await self._listed(paths.pop()):
                if folder["id"] in self._own:
                    continue
                found.append(str(folder["id"]))
                if folder.get("childFolderCount"):
                    paths.append(f"/mailFolders/{in_path(str(folder['id']))}/childFolders")
        if not found:
            raise nonsense()  # every mailbox has an Inbox
        return found

    async def _listed(self, path: str) -> list[Json]:
        page = await self._api.page(path, {"$select": "id,childFolderCount", "$top": "100"})
        found: list[Json] = page["value"]
        while (link := link_of(page)) is not None:
            page = await self._api.follow(link)
            found += page["value"]
        return found


def _enough(mails: list[InboundMail]) -> bool:
    return len(mails) >= _ENOUGH_MAILS or sum(len(m.content) for m in mails) >= _ENOUGH_BYTES


def _now() -> int:
    return time.time_ns() // 1_000_000
