"""One connection to an IMAP server, signed in, that looks and changes nothing.

Folders are opened with EXAMINE and mails fetched with PEEK, so that no mail becomes read.
"""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from imaplib import IMAP4, IMAP4_SSL
from types import TracebackType
from typing import Self, cast

from imap_tools import (
    AND,
    BaseMailBox,
    ImapToolsError,
    MailboxFetchError,
    MailboxFolderStatusError,
    UidRange,
)
from imap_tools.utils import check_command_status

from postroad.channels.base import Misconfigured
from postroad.channels.imap_errors import Stage, sensible
from postroad.channels.imap_settings import ImapSettings
from postroad.channels.tls import trusting

READ_BYTES = 400_000
"""What of a mail is fetched: judgement reads no more."""

_PASSED_OVER = frozenset({"\\sent", "\\drafts", "\\noselect", "\\nonexistent"})
"""RFC 6154, 2, and RFC 9051, 7.3.1. Trash and junk are read: to delete an answer hides nothing."""
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')

FetchAnswer = Sequence[bytes | tuple[bytes, bytes] | None]
"""What imaplib makes of untagged answers: a tuple is a line and the literal that ends it."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a folder stands."""

    validity: int
    """UIDVALIDITY: with another one, UIDs mean other mails (RFC 9051, 2.3.1.1)."""
    next_uid: int
    """Every mail that comes from now on has this UID or a higher one."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail in the open folder."""

    uid: int
    size: int
    at: int
    """When it was delivered, in milliseconds since the epoch."""


class _Box(BaseMailBox):
    """The library's mailbox over a connection that was opened here."""

    def __init__(self, client: IMAP4) -> None:
        self._opened = client
        super().__init__()

    def _get_mailbox_client(self) -> IMAP4:
        return self._opened


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
                self._client = self._connect()
                self._start_tls(self._client)
            self._box = _Box(self._client)
            with sensible(self._settings, Stage.SIGN_IN):
                self._sign_in()
        except BaseException:
            self.abort()
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
        self.abort()

    def abort(self) -> None:
        """Close at once; a wait in another thread ends with it."""
        if self._client is not None:
            with suppress(OSError):
                self._client.sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                self._client.sock.close()

    def folders(self) -> list[str]:
        """Return the folders to be read."""
        if self._settings.folders:
            return self._settings.folders
        with sensible(self._settings, Stage.READING):
            listed = self._box.folder.list()
        return [one.name for one in listed if not _PASSED_OVER & {f.lower() for f in one.flags}]

    def position(self, folder: str) -> Position | None:
        """Return where a folder stands; None where it cannot be opened."""
        with sensible(self._settings, Stage.READING):
            try:
                status = self._box.folder.status(folder, ["UIDVALIDITY", "UIDNEXT"])
            except MailboxFolderStatusError:
                return None
            return Position(status["UIDVALIDITY"], status["UIDNEXT"])

    def arrived(self, folder: str, first_uid: int, since: date) -> list[int]:
        """Open a folder; return the UIDs from one on of what was delivered on a day or later."""
        wanted = AND(uid=UidRange(str(first_uid), "*"), date_gte=since)
        with sensible(self._settings, Stage.READING):
            self._box.folder.set(folder, readonly=True)
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

    def _connect(self) -> IMAP4:
        host, port = self._settings.host, self._settings.port
        timeout = self._settings.timeout.total_seconds()
        if self._settings.tls == "implicit":
            context = trusting(self._settings.ca_file)
            return IMAP4_SSL(host, port, ssl_context=context, timeout=timeout)
        return IMAP4(host, port, timeout)

    def _start_tls(self, client: IMAP4) -> None:
        where = f"{self._settings.host} port {self._settings.port}"
        if self._settings.tls == "starttls":
            if "STARTTLS" not in client.capabilities:
                raise Misconfigured(f"{where} offers no STARTTLS: set tls: implicit and port: 993")
            client.starttls(trusting(self._settings.ca_file))
        if "LOGINDISABLED" in client.capabilities:
            raise Misconfigured(f"{where} takes no password without TLS: set tls: starttls")

    def _sign_in(self) -> None:
        username = self._settings.username
        password = self._settings.password.get_secret_value()
        # LOGIN has room for ASCII only (RFC 9051, 6.2.3), SASL PLAIN for UTF-8 (RFC 4616).
        if "AUTH=PLAIN" in self._box.client.capabilities:
            self._box.login_utf8(username, password, initial_folder=None)
        else:
            self._box.login(username, password, initial_folder=None)

    def _fetched(self, uids: Sequence[int], parts: str) -> list[tuple[bytes, bytes]]:
        """Fetch parts of mails; return each answer's line, and its literal where it has one."""
        if not uids:
            return []
        with sensible(self._settings, Stage.READING):
            result = self._box.client.uid("FETCH", ",".join(map(str, uids)), parts)
            check_command_status(result, MailboxFetchError)
            return list(_lines(cast("FetchAnswer", result[1])))


def _lines(answer: FetchAnswer) -> Iterator[tuple[bytes, bytes]]:
    """Put together what belongs to one mail: a server may name the UID behind the literal."""
    line, literal = b"", b""
    for part in answer:
        if isinstance(part, tuple):
            line, literal = part
        elif part is not None:
            yield line + part, literal
            line, literal = b"", b""


def _listed(line: bytes) -> Listed | None:
    """Read size and date; None in answers about something else, such as changed flags."""
    uid, size, at = _UID.search(line), _SIZE.search(line), _DATE.search(line)
    if uid is None or size is None or at is None:
        return None
    return Listed(int(uid[1]), int(size[1]), _milliseconds(at[1].decode("ascii")))


def _milliseconds(internal_date: str) -> int:
    delivered = datetime.strptime(internal_date.strip(), "%d-%b-%Y %H:%M:%S %z")
    return int(delivered.astimezone(UTC).timestamp()) * 1_000
