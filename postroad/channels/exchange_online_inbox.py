"""What arrived in an Exchange Online mailbox, read on from where the last reading ended.

learn.microsoft.com/graph/delta-query-messages: changes are told folder by folder. All folders are
followed, since rules file mail away before anybody sees it in the Inbox; only what the person
writes themselves is left out. One request for the messages that changed anywhere says in which
folders to look; with them goes the folder that was read longest ago, so that nothing stays hidden
if that list were wrong.
"""

import json
import time
from collections.abc import Collection
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
_LAG_MS = 600_000
"""How late the list of changes in all folders may be, and our clocks apart."""
_MOST_TOUCHED = 1_000
"""The most that one page lists: where more has changed, every folder is read."""
_MARGIN_MS = 3_600_000
"""How far Microsoft's clock may be behind ours without hiding any mail."""
_HEADERS = BytesHeaderParser()


@dataclass(slots=True)
class _Cursor:
    """How far each folder was read."""

    since: int
    """What arrived before is not asked for, in milliseconds since the epoch."""
    links: dict[str, str] = field(default_factory=dict[str, str])
    """Id of a folder → where its changes go on; the one that was read longest ago comes first."""
    todo: list[str] = field(default_factory=list[str])
    """Folders that this round has not come to the end of."""
    began: int = 0
    """When the latest round began, in milliseconds since the epoch."""

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return the cursor that was written down."""
        return cls(**json.loads(text))

    def begin_round(self, folders: Collection[str], now: int) -> None:
        """Have these folders read, and the one that was read longest ago."""
        longest_ago = next(iter(self.links), "")
        self.todo = [longest_ago] if longest_ago and longest_ago not in folders else []
        self.todo += folders
        self.began = now

    def reached(self, folder: str, link: str) -> None:
        """Note how far a folder was read: now, it is the last in turn."""
        self.links.pop(folder, None)
        self.links[folder] = link

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
            now = _now()
            cursor.begin_round(await self._changed_folders(cursor), now)
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
        now = _now()
        cursor = _Cursor(now - _MARGIN_MS, todo=await self._folders(), began=now)
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
        cursor.reached(folder, link)
        found: list[Json] = page["value"]
        return found

    async def _page(self, folder: str, cursor: _Cursor) -> Json:
        prefer = f"odata.maxpagesize={_PAGE}"
        if link := cursor.links.get(folder):
            return await self._api.follow(link, prefer=prefer)
        query = {
            "changeType": "created",
            "$select": "receivedDateTime,conversationId,isDraft,from",
            "$filter": f"receivedDateTime ge {_instant(cursor.since)}",
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

    async def _changed_folders(self, cursor: _Cursor) -> list[str]:
        """Return the folders in which something changed since the latest round began."""
        own = await self._own_folders()
        touched = await self._touched(cursor.began - _LAG_MS) if cursor.began else None
        if touched is not None and (touched := touched - own) <= cursor.links.keys():
            return sorted(touched)
        folders = await self._folders()
        if touched is None or not touched <= set(folders):
            return folders
        return [one for one in folders if one in touched or one not in cursor.links]

    async def _touched(self, since: int) -> set[str] | None:
        """Return the folders of everything that changed; None where that is too much to say."""
        query = {
            "$filter": f"lastModifiedDateTime ge {_instant(since)}",
            "$select": "parentFolderId",
            "$top": str(_MOST_TOUCHED),
        }
        page = await self._api.page("/messages", query)
        if link_of(page) is not None:
            return None
        return {str(one["parentFolderId"]) for one in page["value"]}

    async def _own_folders(self) -> frozenset[str]:
        if self._own is None:
            self._own = frozenset([await self._api.folder(name) for name in _OWN])
        return self._own

    async def _folders(self) -> list[str]:
        """Return every folder that mail may arrive in, subfolders included."""
        own = await self._own_folders()
        found: list[str] = []
        paths = ["/mailFolders"]
        while paths:
            for folder in await self._listed(paths.pop()):
                if folder["id"] in own:
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


def _instant(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _now() -> int:
    return time.time_ns() // 1_000_000
