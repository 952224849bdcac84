"""What arrived in a mailbox, read on from where the last reading ended.

The server keeps a sync state for every folder. A person's rules file mail away before anybody
reads the Inbox, and the person moves what they have read: so every mail folder is followed, except
those of what was sent. One request says which of them have changed, and only these are read; with
them goes the folder that was read longest ago, so that nothing stays hidden where a server's mark
were wrong. An item that moves is new to its next folder; its search key tells.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from postroad.channels.base import InboundMail, InboxPage
from postroad.channels.exchange_errors import Nonsense, NotThere, Refused, SyncStateExpired, meaning
from postroad.channels.exchange_folders import MailFolders
from postroad.channels.exchange_protocol import content_of
from postroad.channels.exchange_sent import milliseconds
from postroad.channels.exchange_server import ExchangeServer
from postroad.channels.exchange_xml import (
    Element,
    M,
    T,
    find_all,
    id_of,
    item_shape,
    search_key_of,
    search_key_property,
    text,
)

_MOST_CHANGES = 512
"""The most that one SyncFolderItems answers."""
_USUAL_CHANGES = 100
_MOST_MAILS = 25
"""A page that has so many is full."""
_MOST_REQUESTS = 20
_BATCH, _BATCH_BYTES = 10, 10_000_000
"""What one GetItem asks for at most; a larger mail is asked for alone."""
_RESYNC_MS = 30 * 86_400_000
_SKEW_MS = 3_600_000
"""How far the server's clock may be from ours."""
_HEADERS = BytesHeaderParser()


@dataclass(slots=True)
class _Cursor:
    """How far each folder was read."""

    since: int
    """Older mail is not returned: it was there before, or was moved."""
    states: dict[str, str] = field(default_factory=dict[str, str])
    """Folder id → sync state; the folder that was read longest ago comes first."""
    marks: dict[str, str] = field(default_factory=dict[str, str])
    """Folder id → its mark before it was read."""
    todo: list[str] = field(default_factory=list[str])
    """Folders that this round has yet to read."""
    first_round: bool = True

    @classmethod
    def parsed(cls, cursor: str) -> "_Cursor":
        """Return the cursor; where it is none of ours, one that reads the last month again."""
        try:
            return cls(**json.loads(cursor))
        except (TypeError, ValueError):
            return cls(_now() - _RESYNC_MS)

    def written(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    def begin_round(self, marks: dict[str, str]) -> None:
        """Have the folders read that have changed, and the one that was read longest ago."""
        self.states = {known: state for known, state in self.states.items() if known in marks}
        in_turn = next(iter(self.states), "")
        same = {one for one, mark in marks.items() if mark and mark == self.marks.get(one)}
        same &= self.states.keys() - {in_turn}
        self.todo = [one for one in marks if one not in same]
        self.marks = marks

    def reached(self, folder: str, state: str) -> None:
        """Note how far a folder was read: now, it is the last in turn."""
        self.states.pop(folder, None)
        self.states[folder] = state

    def round_ended(self) -> None:
        """From now on new mail is what is new to a folder; its date only tells moved mail apart."""
        if self.first_round:
            self.first_round = False
            self.since -= _SKEW_MS


@dataclass(frozen=True, slots=True)
class _Found:
    """A mail that a folder had not had before."""

    item_id: str
    search_key: str
    at: int
    size: int


class Inbox:
    """Reads what arrives in one mailbox, whatever folder it is in by now."""

    def __init__(self, server: ExchangeServer) -> None:
        self._server = server
        self._folders = MailFolders(server)

    async def read(self, cursor: str | None) -> InboxPage:
        """Return what arrived since the cursor: see DeliveryChannel.read_inbox.

        Raises:
            ChannelError: the mailbox cannot be read now.
        """
        reached = _Cursor(_now()) if cursor is None else _Cursor.parsed(cursor)
        if not reached.todo:
            reached.begin_round(await self._folders.marks())
        found: dict[str, _Found] = {}
        resynced = False
        for _ in range(_MOST_REQUESTS):
            if not reached.todo or len(found) >= _MOST_MAILS:
                break
            try:
                new = await self._changes(reached)
            except SyncStateExpired:
                del reached.states[reached.todo[0]]
                reached.since = max(reached.since, _now() - _RESYNC_MS)
                resynced = True
                continue
            found |= {one.search_key: one for one in new if one.at >= reached.since}
        if not reached.todo:
            reached.round_ended()
        mails = [] if cursor is None else await self._contents(list(found.values()))
        return InboxPage(mails, reached.written(), more=bool(reached.todo), resynced=resynced)

    async def _changes(self, reached: _Cursor) -> list[_Found]:
        """Read what is new in the first folder to do, and note how far it was read."""
        folder_id = reached.todo[0]
        payload = M.SyncFolderItems(
            item_shape("item:DateTimeReceived", "item:Size", search_key_property()),
            M.SyncFolderId(T.FolderId(Id=folder_id)),
        )
        if folder_id in reached.states:
            payload.append(M.SyncState(reached.states[folder_id]))
        # The first round passes over nearly everything; later ones return what they find.
        most = _MOST_CHANGES if reached.first_round else _USUAL_CHANGES
        payload.append(M.MaxChangesReturned(str(most)))
        try:
            answer = await self._server.ask_one("SyncFolderItems", payload)
        except NotThere:
            reached.todo.pop(0)
            return []
        state = text(answer, "m:SyncState")
        if not state:
            raise meaning(Nonsense(), sends=False)
        reached.reached(folder_id, state)
        if text(answer, "m:IncludesLastItemInRange") != "false":
            reached.todo.pop(0)
        return [_found(item) for item in find_all(answer, "m:Changes/t:Create/*")]

    async def _contents(self, found: list[_Found]) -> list[InboundMail]:
        """Return the mails that others sent, without those that moved or were deleted meanwhile."""
        mails: list[InboundMail] = []
        for part in _batches(found):
            ids = M.ItemIds(*(T.ItemId(Id=one.item_id) for one in part))
            payload = M.GetItem(item_shape(mime=True), ids)
            answers = await self._server.ask("GetItem", payload)
            for one, answer in zip(part, answers, strict=False):
                content = _content(answer)
                if content is not None and not self._is_own(content):
                    mails.append(InboundMail(one.search_key, content, one.at))
        return mails

    def _is_own(self, content: bytes) -> bool:
        author = str(_HEADERS.parsebytes(content.partition(b"\r\n\r\n")[0]).get("From", ""))
        return parseaddr(author)[1].lower() == self._server.address.lower()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _found(item: Element) -> _Found:
    at = milliseconds(text(item, "t:DateTimeReceived"))
    size = text(item, "t:Size")
    return _Found(id_of(item), search_key_of(item), at, int(size) if size.isdecimal() else 0)


def _batches(found: list[_Found]) -> Iterator[list[_Found]]:
    """Yield mails by so many as one answer can carry in time."""
    batch: list[_Found] = []
    for one in found:
        is_full = sum(other.size for other in batch) + one.size > _BATCH_BYTES
        if batch and (is_full or len(batch) == _BATCH):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _content(answer: Element) -> bytes | None:
    """Return the content of an item; None where it is not there any more.

    Raises:
        ChannelError: it cannot be read now.
    """
    try:
        return content_of(answer)
    except (Refused, Nonsense) as error:
        means = meaning(error, sends=False)
        if isinstance(means, NotThere):
            return None
        raise means from None
