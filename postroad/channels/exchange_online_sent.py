"""What a mailbox tells of sent mail: whether a message left, and what is not ours.

Folders are read directly. A look into all of them at once goes through a search folder of
Exchange's, which is some seconds behind, so that it only adds to what the folders say.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from typing import Final

from postroad.channels.base import KEY_HEADER, OutgoingMessage, Receipt, SentAnswer, SentLookup
from postroad.channels.exchange_online_api import (
    WITH_KEY,
    GraphApi,
    Json,
    has_key,
    key_of,
    link_of,
    same_id,
)
from postroad.channels.exchange_online_drafts import Drafts
from postroad.channels.exchange_online_errors import NotThere

SENT: Final = "sentitems"
OUTBOX: Final = "outbox"
_PAGE = 100
_MOST_READ = 1_000
_PARSER = BytesHeaderParser()


class SentMail:
    """Looks for what left one mailbox."""

    def __init__(self, api: GraphApi, drafts: Drafts, settle: timedelta) -> None:
        """Prepare.

        Args:
            api: the mailbox.
            drafts: its drafts.
            settle: how long Exchange may go on with a request after the connection was lost.
        """
        self._api = api
        self._drafts = drafts
        self._settle = settle.total_seconds()

    async def find(self, message: OutgoingMessage) -> SentAnswer:
        """Say whether a message left; after "not_sent" no draft of it can leave any more.

        Raises:
            ChannelError: the mailbox cannot be read now.
        """
        answer = await self._decide(message)
        if answer != SentLookup.CANNOT_TELL:
            self._drafts.doubtful.pop(message.key, None)
        return answer

    async def by_hand(self, since: int) -> list[int]:
        """Return when mail left that is not ours, newest first; of the newest 1,000 at most.

        Args:
            since: only mail sent at this instant or later; milliseconds since the epoch.

        Raises:
            ChannelError: the folder cannot be read now.
        """
        return [
            milliseconds(mail["sentDateTime"])
            async for mail in self._newest(since)
            if not key_of(mail)
        ]

    async def _decide(self, message: OutgoingMessage) -> SentAnswer:
        if found := await self._look(message):
            return found
        await asyncio.sleep(self._settle)
        if found := await self._look(message):
            return found
        drafts = await self._drafts.of(message)
        withdrawn = [await self._drafts.withdraw(draft) for draft in drafts]
        if found := await self._look(message):
            return found
        if not all(withdrawn) or (not drafts and message.key in self._drafts.doubtful):
            # It left the Drafts folder, and nobody can see where to.
            return SentLookup.CANNOT_TELL
        return SentLookup.NOT_SENT

    async def _look(self, message: OutgoingMessage) -> Receipt | None:
        for folder, words in ((SENT, "Sent Items"), (OUTBOX, "the Outbox")):
            for mail in await self._api.find(has_key(message.key), folder):
                if key_of(mail) == message.key and (folder == OUTBOX or not mail["isDraft"]):
                    return _receipt(message, mail, words)
        return await self._by_id(message) or await self._elsewhere(message)

    async def _by_id(self, message: OutgoingMessage) -> Receipt | None:
        """Ask the draft itself, where its id is known: it keeps it."""
        draft = self._drafts.doubtful.get(message.key)
        if draft is None:
            return None
        try:
            mail = await self._api.about(draft)
        except NotThere:
            return None
        return None if mail["isDraft"] else _receipt(message, mail, "the mailbox")

    async def _elsewhere(self, message: OutgoingMessage) -> Receipt | None:
        """Look where a person or a rule of theirs may have filed it, and read what is found."""
        for mail in await self._api.find(same_id(message.message_id)):
            if not mail["isDraft"] and await self._is_our_copy(message, mail):
                return _receipt(message, mail, "the mailbox")
        return None

    async def _is_our_copy(self, message: OutgoingMessage, mail: Json) -> bool:
        """Whether it is the sender's copy: what arrived was received by some server."""
        try:
            headers = _PARSER.parsebytes(await self._api.raw(str(mail["id"])))
        except NotThere:
            return False  # deleted since it was listed
        key = "".join(str(headers.get(KEY_HEADER, "")).split())
        return key == message.key and "Received" not in headers

    async def _newest(self, since: int) -> AsyncIterator[Json]:
        at = datetime.fromtimestamp(since / 1_000, UTC)
        page = await self._api.page(
            f"/mailFolders/{SENT}/messages",
            {
                "$filter": f"sentDateTime ge {at:%Y-%m-%dT%H:%M:%SZ}",
                "$orderby": "sentDateTime desc",
                "$select": "id,sentDateTime",
                "$expand": WITH_KEY,
                "$top": str(_PAGE),
            },
        )
        for _ in range(_MOST_READ // _PAGE):
            for mail in page["value"]:
                if milliseconds(mail["sentDateTime"]) >= since:
                    yield mail
            if (link := link_of(page)) is None:
                return
            page = await self._api.follow(link)


def rewritten_id(message: OutgoingMessage, mail: Json) -> str | None:
    """Return the Message-ID that Exchange gave a message; None where it is ours."""
    found = str(mail.get("internetMessageId") or "").strip()
    return found if found and found != message.message_id else None


def milliseconds(instant: str) -> int:
    """Return an instant of Graph's in milliseconds since the epoch."""
    return int(datetime.fromisoformat(instant).timestamp() * 1_000)


def _receipt(message: OutgoingMessage, mail: Json, place: str) -> Receipt:
    return Receipt(
        provider_id=str(mail["id"]),
        response=f"found in {place}",
        message_id=rewritten_id(message, mail),
        thread_id=mail.get("conversationId"),
    )
