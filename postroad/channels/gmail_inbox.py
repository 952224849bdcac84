"""What arrived in a Gmail mailbox, read on from where the last reading ended.

developers.google.com/workspace/gmail/api/guides/sync: the history says what was added; it goes
back a week or so, and whoever comes later has to read the mailbox itself.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from postroad.channels.base import InboundMail, InboxPage
from postroad.channels.gmail_api import GmailApi, Json, content_of
from postroad.channels.gmail_errors import NotThere

_OWN = frozenset({"SENT", "DRAFT", "CHAT"})
_PAGE = 25
"""Each of them is read whole, at 20 units: two pages a second are within the limits."""
_RESYNC_DAYS = 30


@dataclass(frozen=True, slots=True)
class _Resync:
    """A reading of the whole mailbox, page by page."""

    history: str
    """Where to read on afterwards."""
    since: int
    """How far back it goes, in seconds since the epoch."""
    page: str | None = None

    @classmethod
    def parsed(cls, cursor: str) -> Self | None:
        """Return the resync that a cursor is about; None where it is a history id."""
        if "/" not in cursor:
            return None
        history, since, page = cursor.split("/", 2)
        return cls(history, int(since), page)

    def cursor(self, page: str) -> str:
        """Return the cursor of a later page."""
        return f"{self.history}/{self.since}/{page}"


class Inbox:
    """Reads what arrives in one mailbox, whatever label it has by now."""

    def __init__(self, api: GmailApi) -> None:
        self._api = api

    async def read(self, cursor: str | None) -> InboxPage:
        """Return what arrived since the cursor: see DeliveryChannel.read_inbox.

        Raises:
            ChannelError: the mailbox cannot be read now.
        """
        if cursor is None:
            return InboxPage(mails=[], cursor=await self._now())
        if resync := _Resync.parsed(cursor):
            return await self._resynced(resync)
        try:
            return await self._changes(cursor)
        except NotThere:
            since = int(time.time()) - _RESYNC_DAYS * 86_400
            # First the history id, then the mails: what arrives meanwhile is read twice.
            return await self._resynced(_Resync(await self._now(), since))

    async def _now(self) -> str:
        return str((await self._api.profile())["historyId"])

    async def _changes(self, start: str) -> InboxPage:
        answer = await self._api.history(start, _PAGE)
        records = list(answer.get("history", ()))
        added = [one["message"] for record in records for one in record.get("messagesAdded", ())]
        more = bool(answer.get("nextPageToken")) and bool(records)
        cursor = str(records[-1]["id"] if more else answer["historyId"])
        return InboxPage(await self._arrived(added), cursor, more)

    async def _resynced(self, resync: _Resync) -> InboxPage:
        query = f"after:{resync.since} -in:sent -in:drafts"
        answer = await self._api.list_messages(
            query=query, most=_PAGE, page=resync.page, trash=True
        )
        found = list(answer.get("messages", ()))
        if resync.page is None:
            # What has just arrived may not be in the index yet.
            newest = await self._api.list_messages(labels=["INBOX"], most=_PAGE)
            found += newest.get("messages", ())
        mails = await self._arrived(found)
        page = answer.get("nextPageToken")
        cursor = resync.history if page is None else resync.cursor(page)
        return InboxPage(mails, cursor, more=page is not None, resynced=True)

    async def _arrived(self, references: Iterable[Json]) -> list[InboundMail]:
        """Return the mails that others sent, once each, without those deleted meanwhile."""
        mails: list[InboundMail] = []
        for mail_id, listed in {str(one["id"]): one for one in references}.items():
            if _OWN & set(listed.get("labelIds", ())):
                continue
            try:
                mail = await self._api.raw(mail_id)
            except NotThere:
                continue
            if not _OWN & set(mail.get("labelIds", ())):
                mails.append(_inbound(mail))
        return mails


def _inbound(mail: Json) -> InboundMail:
    return InboundMail(
        provider_id=str(mail["id"]),
        content=content_of(mail),
        received_at=int(mail["internalDate"]),
        thread_id=mail.get("threadId"),
    )
