"""What the folders of a mailbox tell: whether a message left, and what is not ours.

A server that limits how many messages an account may submit in a minute (MessageRateLimit) takes
the others all the same; they wait in the Outbox or in Drafts and leave later. To send such a
message again would duplicate it: it counts as taken.
"""

import asyncio
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from typing import Final

from postroad.channels.base import KEY_HEADER, OutgoingMessage, Receipt, SentAnswer, SentLookup
from postroad.channels.exchange_errors import Nonsense, Refused
from postroad.channels.exchange_protocol import content_of
from postroad.channels.exchange_server import ExchangeServer
from postroad.channels.exchange_xml import (
    Element,
    M,
    T,
    find_all,
    folder,
    id_of,
    item_shape,
    key_of,
    key_property,
    text,
)

SENT: Final = "sentitems"
_WORDS = {
    SENT: "found in the Sent folder",
    "outbox": "taken: the server holds it in the Outbox and sends it later",
    "drafts": "taken: the server holds it in Drafts and sends it later",
}
"""Where a message that the server took can be."""
_MESSAGE_ID, _SENT_AT = "message:InternetMessageId", "item:DateTimeSent"
_NEWEST = 50
_PAGE = 100
_MOST_READ = 1_000
_HEADERS = BytesHeaderParser()


class SentItems:
    """Reads where one mailbox keeps what it sent."""

    def __init__(self, server: ExchangeServer) -> None:
        self._server = server

    async def find(self, message: OutgoingMessage) -> SentAnswer:
        """Say whether the server took a message: only the header that it alone carries is believed.

        Raises:
            ChannelError: the folders cannot be read now.
        """
        answer = await self._look(message)
        if answer == SentLookup.NOT_SENT:
            await asyncio.sleep(self._server.settings.settle.total_seconds())
            answer = await self._look(message)
        return answer

    async def by_hand(self, since: int) -> list[int]:
        """Return when mail left that is not ours, newest first; of the newest 1,000 mails at most.

        Args:
            since: only mail sent at this instant or later; milliseconds since the epoch.

        Raises:
            ChannelError: the folder cannot be read now.
        """
        found: list[int] = []
        for offset in range(0, _MOST_READ, _PAGE):
            [items] = await self._list([SENT], _SENT_AT, None, _PAGE, offset)
            for item in items:
                at = milliseconds(text(item, "t:DateTimeSent"))
                if at < since:
                    return found
                if not key_of(item):
                    found.append(at)
            if len(items) < _PAGE:
                break
        return found

    async def _look(self, message: OutgoingMessage) -> SentAnswer:
        """Search for the header; then read the newest mails, lest the search knows less."""
        for restriction in (_has_key(message.key), None):
            order = "item:DateTimeCreated"
            listed = await self._list([*_WORDS], order, restriction, _NEWEST, 0)
            for name, items in zip(_WORDS, listed, strict=True):
                for item in items:
                    if key_of(item) == message.key:
                        return _receipt(message, item, name)
                    if not key_of(item) and _has_id(item, message):
                        return await self._judge(message, item, name)
        return SentLookup.NOT_SENT

    async def _judge(self, message: OutgoingMessage, item: Element, name: str) -> SentAnswer:
        """Look at the content of a mail with our Message-ID, which others could have copied."""
        payload = M.GetItem(item_shape(mime=True), M.ItemIds(T.ItemId(Id=id_of(item))))
        try:
            [answer] = await self._server.ask("GetItem", payload)
            headers = _HEADERS.parsebytes(content_of(answer).partition(b"\r\n\r\n")[0])
        except (Nonsense, Refused, ValueError):
            return SentLookup.CANNOT_TELL
        if "".join(str(headers.get(KEY_HEADER, "")).split()) == message.key:
            return _receipt(message, item, name)
        return SentLookup.CANNOT_TELL

    async def _list(
        self, names: list[str], order: str, restriction: Element | None, most: int, offset: int
    ) -> list[list[Element]]:
        """Return the items of folders, each newest first."""
        view = M.IndexedPageItemView(
            MaxEntriesReturned=str(most), Offset=str(offset), BasePoint="Beginning"
        )
        payload = M.FindItem(item_shape(_MESSAGE_ID, _SENT_AT, key_property()), view)
        if restriction is not None:
            payload.append(M.Restriction(restriction))
        payload.append(M.SortOrder(T.FieldOrder(T.FieldURI(FieldURI=order), Order="Descending")))
        address = self._server.address
        payload.append(M.ParentFolderIds(*(folder(name, address) for name in names)))
        payload.set("Traversal", "Shallow")
        messages = await self._server.ask_all("FindItem", payload, len(names))
        return [find_all(message, "m:RootFolder/t:Items/*") for message in messages]


def milliseconds(instant: str) -> int:
    """Return an instant as EWS writes it, in milliseconds since the epoch; 0 for none."""
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return 0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return int(at.timestamp() * 1_000)


def _has_key(key: str) -> Element:
    constant = T.FieldURIOrConstant(T.Constant(Value=key))
    return T.IsEqualTo(key_property(), constant)


def _has_id(item: Element, message: OutgoingMessage) -> bool:
    return text(item, "t:InternetMessageId") == message.message_id


def _receipt(message: OutgoingMessage, item: Element, name: str) -> Receipt:
    found = text(item, "t:InternetMessageId")
    return Receipt(
        provider_id=id_of(item) or None,
        response=_WORDS[name],
        message_id=found if found and found != message.message_id else None,
    )
