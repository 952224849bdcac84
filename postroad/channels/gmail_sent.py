"""What the Sent folder of a Gmail mailbox tells: whether a message left, and what is not ours.

Gmail cannot search for a header of ours. Its index is also some seconds behind its folders, so
that the newest mails are read one by one, and only older ones are searched for.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from postroad.channels.base import KEY_HEADER, OutgoingMessage, Receipt, SentAnswer, SentLookup
from postroad.channels.gmail_api import GmailApi, Json, header, with_headers
from postroad.channels.gmail_errors import NotThere, nonsense

SENT: Final = "SENT"

_INDEXED_MS = 10 * 60_000
"""What is older can be found by searching."""
_MOST_READ = 200
"""Reading one costs 20 of the 6,000 units that a mailbox has per minute (usage limits, 2026)."""
_PAGE = 50
_MOST_PAGES = 2 * _MOST_READ // _PAGE


class SentFolder:
    """Reads the Sent folder of one mailbox."""

    def __init__(self, api: GmailApi, settle: timedelta) -> None:
        """Prepare.

        Args:
            api: the mailbox.
            settle: how long Gmail may go on with a request after the connection was lost.
        """
        self._api = api
        self._settle = settle.total_seconds()

    async def find(self, message: OutgoingMessage) -> SentAnswer:
        """Say whether a message left: only the header that it alone carries is believed.

        Raises:
            ChannelError: the folder cannot be read now.
        """
        if found := await self._search(message, f"rfc822msgid:{message.message_id.strip('<>')}"):
            return found
        read: set[str] = set()
        answer = await self._among_newest(message, read)
        if isinstance(answer, Receipt):
            return answer
        if found := await self._search(message, f"in:sent to:{message.recipient}"):
            return found
        if answer == SentLookup.CANNOT_TELL:
            return answer
        await asyncio.sleep(self._settle)
        return await self._among_newest(message, read)

    async def by_hand(self, since: int) -> list[int]:
        """Return when mail left that is not ours, newest first; of the newest 200 mails at most.

        Args:
            since: only mail sent at this instant or later; milliseconds since the epoch.

        Raises:
            ChannelError: the folder cannot be read now.
        """
        found: list[int] = []
        async for mail in self._newest(set()):
            at = int(mail["internalDate"])
            if at < since:
                break
            if not header(mail, KEY_HEADER):
                found.append(at)
        return found

    async def _search(self, message: OutgoingMessage, query: str) -> Receipt | None:
        """Look at the few mails that are found as they were sent: nothing can be left out there."""
        page = await self._api.list_messages(query=query, most=_PAGE, trash=True)
        for found in page.get("messages", ()):
            with suppress(NotThere):
                mail = with_headers(await self._api.raw(found["id"]))
                if _is(message, mail):
                    return _receipt(message, mail)
        return None

    async def _among_newest(self, message: OutgoingMessage, read: set[str]) -> SentAnswer:
        """Look through what the index may not have yet; nobody can tell where that is too much."""
        indexed = time.time_ns() // 1_000_000 - _INDEXED_MS
        async for mail in self._newest(read):
            if _is(message, mail):
                return _receipt(message, mail)
            if int(mail["internalDate"]) < indexed:
                return SentLookup.NOT_SENT
        return SentLookup.CANNOT_TELL if len(read) >= _MOST_READ else SentLookup.NOT_SENT

    async def _newest(self, read: set[str]) -> AsyncIterator[Json]:
        """Yield sent mails that were not read before, newest first; 200 with those at most."""
        page: str | None = None
        for _ in range(_MOST_PAGES):
            listed = await self._api.list_messages(labels=[SENT], most=_PAGE, page=page, trash=True)
            for found in listed.get("messages", ()):
                if len(read) >= _MOST_READ:
                    return
                if found["id"] not in read:
                    read.add(found["id"])
                    with suppress(NotThere):  # deleted since it was listed
                        yield await self._api.headers(found["id"], KEY_HEADER, "Message-ID")
            page = listed.get("nextPageToken")
            if page is None:
                return
        raise nonsense(sends=False)


def rewritten_id(message: OutgoingMessage, mail: Json) -> str | None:
    """Return the Message-ID that Gmail gave a message; None where it is ours."""
    found = header(mail, "Message-ID")
    return found if found and found != message.message_id else None


def _is(message: OutgoingMessage, mail: Json) -> bool:
    key = "".join(header(mail, KEY_HEADER).split())
    return key == message.key and SENT in mail.get("labelIds", ())


def _receipt(message: OutgoingMessage, mail: Json) -> Receipt:
    return Receipt(
        provider_id=mail["id"],
        response="found in the Sent folder",
        message_id=rewritten_id(message, mail),
        thread_id=mail.get("threadId"),
    )
