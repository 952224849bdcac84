"""One connection to an IMAP server, signed in, that looks and changes nothing.

Folders are opened with EXAMINE and mails fetched with PEEK, so that no mail becomes read.
"""

import re
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from imaplib import IMAP4
from types import TracebackType
from typing import Self, cast

from imap_tools import (
    AND,
    ImapToolsError,
    MailboxFetchError,
    MailboxFolderSelectError,
    MailboxFolderStatusError,
    UidRange,
    UnexpectedCommandStatusError,
)
from imap_tools.utils import check_command_status

from postroad.channels.base import Misconfigured
from postroad.channels.imap_errors import Stage, sensible
from postroad.channels.imap_folders import (
    Answers,
    Position,
    folders_in,
    lines,
    positions_in,
    quoted,
    wire_name,
)
from postroad.channels.imap_opening import Box, connect, secure, sign_in
from postroad.channels.imap_settings import ImapSettings

READ_BYTES = 400_000
"""What of a mail is fetched: judgement reads no more."""

_ALL_AT_ONCE = frozenset({"LIST-STATUS", "SPECIAL-USE"})
"""What a server must be able to do to say in one answer where all folders stand (RFC 5819)."""
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail in the open folder."""

    uid: int
    size: int
    at: int
    """When it was delivered, in milliseconds since the epoch."""


class ImapSession:
    """A session for the length of a `with` block, in one thread; every wait is bounded.

    All that goes wrong is raised as a ChannelError.
    """

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings
        self._client: IMAP4 | None = None

    def __enter__(self) -> Self:
        """Connect and sign in."""
        try:
            with sensible(self._settings, Stage.OPENING):
                self._client = connect(self._settings)
                secure(self._client, self._settings)
            self._box = Box(self._client)
            with sensible(self._settings, Stage.SIGN_IN):
                self._abilities = sign_in(self._box, self._settings)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take leave, politely where nothing went wrong."""
        if kind is None:
            with suppress(IMAP4.error, ImapToolsError, OSError):
                self._box.logout()
        self._close()

    def abort(self) -> None:
        """End every wait; another thread may say so."""
        if self._client is not None:
            with suppress(OSError):
                self._client.sock.shutdown(socket.SHUT_RDWR)

    def standing(self) -> dict[str, Position]:
        """Return where the folders to be read stand, without those that cannot be opened."""
        with sensible(self._settings, Stage.READING):
            if self._settings.folders:
                return self._named()
            if self._abilities >= _ALL_AT_ONCE:
                folders = self._list("RETURN (SPECIAL-USE STATUS (UIDVALIDITY UIDNEXT))")
                positions = positions_in(self._told("STATUS"))
                return {name: positions[name] for name in folders if name in positions}
            return self._asked_one_by_one(self._list())

    def open(self, folder: str) -> Position | None:
        """Open a folder; return where it stands, None where it cannot be opened."""
        with sensible(self._settings, Stage.READING):
            try:
                self._box.folder.set(quoted(folder), readonly=True)
            except MailboxFolderSelectError:
                return None
            return Position(self._number("UIDVALIDITY"), self._number("UIDNEXT"))

    def arrived(self, first_uid: int, since: date) -> list[int]:
        """Return the UIDs, from one on, of what was delivered to the open folder since a day."""
        wanted = AND(uid=UidRange(str(first_uid), "*"), date_gte=since)
        with sensible(self._settings, Stage.READING):
            uids = sorted(int(uid) for uid in self._box.uids(wanted, charset=None))
        # `5:*` holds the last mail, even where its UID is 4.
        return [uid for uid in uids if uid >= first_uid]

    def listed(self, uids: Sequence[int]) -> list[Listed]:
        """Return size and date of mails in the open folder, by UID."""
        found = (_listed(line) for line, _ in self._fetched(uids, "(RFC822.SIZE INTERNALDATE)"))
        with sensible(self._settings, Stage.READING):
            return sorted(filter(None, found), key=lambda one: one.uid)

    def contents(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Return mails of the open folder by their UIDs, each up to READ_BYTES."""
        contents: dict[int, bytes] = {}
        for line, content in self._fetched(uids, f"(BODY.PEEK[]<0.{READ_BYTES}>)"):
            named = _UID.search(line)
            if named is not None and content:
                contents[int(named[1])] = content[:READ_BYTES]
        return contents

    def _close(self) -> None:
        if self._client is not None:
            with suppress(OSError):
                self._client.shutdown()

    def _named(self) -> dict[str, Position]:
        positions = self._asked_one_by_one(map(wire_name, self._settings.folders))
        if not positions:
            host, folders = self._settings.host, ", ".join(self._settings.folders)
            raise Misconfigured(f"{host} opens no folder {folders}: correct folders")
        return positions

    def _asked_one_by_one(self, folders: Iterable[str]) -> dict[str, Position]:
        positions: dict[str, Position] = {}
        for folder in folders:
            with suppress(MailboxFolderStatusError):
                status = self._box.folder.status(quoted(folder), ["UIDVALIDITY", "UIDNEXT"])
                positions[folder] = Position(status["UIDVALIDITY"], status["UIDNEXT"])
        return positions

    def _list(self, *options: str) -> list[str]:
        result = self._box.client.xatom("LIST", '""', '"*"', *options)
        check_command_status(result, UnexpectedCommandStatusError)
        return folders_in(self._told("LIST"))

    def _told(self, name: str) -> Answers:
        """Return what was told under a name since it was last looked at."""
        return cast("Answers", self._box.client.response(name)[1])

    def _number(self, name: str) -> int:
        last = self._told(name)[-1]
        return int(last if isinstance(last, bytes) else b"")  # ValueError: none was told

    def _fetched(self, uids: Sequence[int], parts: str) -> list[tuple[bytes, bytes]]:
        """Fetch parts of mails; return each answer's line, and its literal where it has one."""
        if not uids:
            return []
        with sensible(self._settings, Stage.READING):
            result = self._box.client.uid("FETCH", ",".join(map(str, uids)), parts)
            check_command_status(result, MailboxFetchError)
            return list(lines(cast("Answers", result[1])))


def _listed(line: bytes) -> Listed | None:
    """Read size and date; None in answers about something else, such as changed flags."""
    uid, size, at = _UID.search(line), _SIZE.search(line), _DATE.search(line)
    if uid is None or size is None or at is None:
        return None
    return Listed(int(uid[1]), int(size[1]), _milliseconds(at[1].decode("ascii")))


def _milliseconds(internal_date: str) -> int:
    delivered = datetime.strptime(internal_date.strip(), "%d-%b-%Y %H:%M:%S %z")
    return int(delivered.astimezone(UTC).timestamp()) * 1_000
