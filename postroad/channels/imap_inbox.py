"""What arrived in an IMAP mailbox, read on from where the last reading ended.

UIDs only grow, as long as a folder's UIDVALIDITY stays the same: the cursor holds both for each
folder. A mail that is moved is new to its next folder, and all are after UIDVALIDITY changed; so
a mail is known by what it says, never by where it is.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import date
from email.parser import BytesHeaderParser
from typing import Self

from postroad.channels.base import InboundMail, InboxPage
from postroad.channels.imap_folders import Position
from postroad.channels.imap_session import READ_BYTES, ImapSession, Listed
from postroad.channels.imap_settings import ImapSettings
from postroad.instants import DAY, HOUR, moment

_MOST_LISTED = 500
_PAGE_BYTES = 10_000_000
"""A page that has so many is full: more is never in memory."""
_RESYNC_MS = 30 * DAY
_SKEW_MS = HOUR
"""How far the server's clock may be from ours."""
_OF_THE_MAIL = ("message-id", "date", "from", "to", "subject")
"""Headers that no delivery adds, so that two copies of a mail have the same."""
_COMPARED_BYTES = 100_000
_HEADERS = BytesHeaderParser()


@dataclass(slots=True)
class _Cursor:
    """How far each folder was read."""

    since: int
    """Older mail is not returned: it was there before, and was moved."""
    positions: dict[str, Position] = field(default_factory=dict[str, Position])
    """Up to where each folder was read."""
    todo: list[str] = field(default_factory=list[str])
    """Folders that this round has yet to read."""

    @classmethod
    def parsed(cls, cursor: str) -> Self | None:
        """Return the cursor; None where it is none of ours."""
        try:
            told = json.loads(cursor)
            positions = {name: Position(*at) for name, at in told["positions"].items()}
            return cls(int(told["since"]), positions, list(told["todo"]))
        except (AttributeError, LookupError, TypeError, ValueError):
            return None

    def written(self) -> str:
        positions = {name: astuple(at) for name, at in self.positions.items()}
        told = {"since": self.since, "positions": positions, "todo": self.todo}
        return json.dumps(told, separators=(",", ":"))

    def begin_round(self, standing: Mapping[str, Position]) -> None:
        """Plan to read the folders in which something changed, and forget those that are gone."""
        self.todo = [name for name, at in standing.items() if self.positions.get(name) != at]
        self.positions = {name: at for name, at in self.positions.items() if name in standing}


@dataclass(slots=True)
class _Page:
    """What is read in one go."""

    room: int = _PAGE_BYTES
    mails: list[InboundMail] = field(default_factory=list[InboundMail])
    resynced: bool = False

    def fitting(self, found: Iterable[Listed]) -> list[Listed]:
        """Return the first mails that there is room for, one at least where the page is empty."""
        taken: list[Listed] = []
        for one in found:
            size = min(one.size, READ_BYTES)
            if size > self.room and (taken or self.mails):
                self.room = 0
                break
            self.room -= size
            taken.append(one)
        return taken


class Inbox:
    """Reads what arrives in one mailbox, whatever folder it is in by now."""

    def __init__(self, settings: ImapSettings) -> None:
        """Prepare; nothing is connected yet."""
        self._settings = settings

    async def read(self, cursor: str | None) -> InboxPage:
        """Return what arrived since the cursor: see DeliveryChannel.read_inbox.

        Raises:
            ChannelError: the mailbox cannot be read now.
        """
        session = ImapSession(self._settings)
        try:
            return await asyncio.to_thread(_read, session, cursor)
        except asyncio.CancelledError:
            session.abort()  # or the thread would wait for the server
            raise


def _read(session: ImapSession, cursor: str | None) -> InboxPage:
    with session:
        if cursor is None:
            return InboxPage([], _Cursor(_now() - _SKEW_MS, session.standing()).written())
        reached, page = _Cursor.parsed(cursor), _Page()
        if reached is None:
            reached, page.resynced = _Cursor(_now() - _RESYNC_MS), True
        if not reached.todo:
            reached.begin_round(session.standing())
        while reached.todo and page.room > 0:
            _read_folder(session, reached, page)
        more = bool(reached.todo)
        return InboxPage(page.mails, reached.written(), more=more, resynced=page.resynced)


def _read_folder(session: ImapSession, reached: _Cursor, page: _Page) -> None:
    """Read what is new in the first folder to do, as far as there is room for it."""
    folder = reached.todo[0]
    now = session.open(folder)
    if now is None:
        reached.todo.pop(0)
        return
    first = _first_new(reached, folder, now, page)
    uids = session.arrived(first, _day_before(reached.since)) if first < now.next_uid else []
    listed = session.listed(uids[:_MOST_LISTED])
    recent = [one for one in listed if one.at >= reached.since]
    taken = page.fitting(recent)
    page.mails += _mails(session, taken)
    if len(taken) < len(recent):
        next_uid = recent[len(taken)].uid
    elif len(uids) > _MOST_LISTED:
        next_uid = uids[_MOST_LISTED]
    else:
        next_uid = max([now.next_uid, *(uid + 1 for uid in uids)])
        reached.todo.pop(0)
    reached.positions[folder] = Position(now.validity, next_uid)


def _first_new(reached: _Cursor, folder: str, now: Position, page: _Page) -> int:
    """Return the first UID that was not read; after UIDVALIDITY changed, none was."""
    if folder not in reached.positions:
        return 1
    before = reached.positions[folder]
    if before.validity == now.validity and before.next_uid <= now.next_uid:
        return before.next_uid
    page.resynced = True
    reached.since = max(reached.since, _now() - _RESYNC_MS)
    return 1


def _mails(session: ImapSession, taken: list[Listed]) -> list[InboundMail]:
    """Fetch mails, without those deleted meanwhile."""
    contents = session.contents([one.uid for one in taken])
    return [
        InboundMail(_identity(contents[one.uid]), contents[one.uid], one.at)
        for one in taken
        if one.uid in contents
    ]


def _identity(content: bytes) -> str:
    """Return what a mail is known by: the same for its copies, wherever they are kept.

    The Message-ID alone would not do: programs that answer with a constant one are about.
    """
    head, _, body = content.partition(b"\r\n\r\n")
    headers = _HEADERS.parsebytes(head[:_COMPARED_BYTES])
    told = "\n".join(str(headers.get(name, "")) for name in _OF_THE_MAIL)
    seen = hashlib.sha256(told.encode("utf-8", "replace"))
    seen.update(body[:_COMPARED_BYTES])
    return seen.hexdigest()[:32]


def _day_before(instant: int) -> date:
    return moment(instant - DAY).date()


def _now() -> int:
    return time.time_ns() // 1_000_000
