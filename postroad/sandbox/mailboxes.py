"""Mailboxes that last as long as the sandbox: folders, threads, and a history of changes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import count
from typing import Literal

Folder = str
"""`inbox`, `sent`, `drafts`, `outbox`, or wherever a person or a rule of theirs files mail away:
`archive`, and the folders that the mailbox was given."""

_HEADERS = BytesHeaderParser()
_numbers = count(1)


@dataclass(slots=True)
class StoredMail:
    """One mail in a folder."""

    id: str
    thread_id: str
    folder: Folder
    at: int
    """When it came into the folder, in milliseconds since the epoch."""
    content: bytes
    is_read: bool = False

    @property
    def headers(self) -> Message:
        """Its headers, parsed."""
        return _HEADERS.parsebytes(self.content)

    def header(self, name: str) -> str:
        """Return one header without folds; empty where it has none."""
        return " ".join(str(self.headers.get(name, "")).split())


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened in a mailbox."""

    number: int
    kind: Literal["added", "moved", "removed"]
    mail: StoredMail


class Mailbox:
    """One account's mail."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.made: list[Folder] = []
        """Folders beside the usual ones, as people make them."""
        self.changed_at: dict[Folder, int] = {}
        """When something in a folder changed last, in milliseconds since the epoch."""
        self.mails: dict[str, StoredMail] = {}
        self.changes: list[Change] = []
        self.history = 1
        """The number of the latest change."""
        self.oldest_history = 1
        """Cursors below it have expired."""

    def add(self, folder: Folder, content: bytes, *, thread_id: str | None = None) -> StoredMail:
        """Put a mail into a folder, in the thread that it answers in."""
        number = next(_numbers)
        mail = StoredMail(
            id=f"{number:016x}",
            thread_id=thread_id or self._thread_of(content) or f"{number:016x}",
            folder=folder,
            at=_now(),
            content=content,
        )
        self.mails[mail.id] = mail
        self._note("added", mail)
        return mail

    def move(self, mail_id: str, folder: Folder) -> None:
        """Move a mail to another folder, as of now."""
        mail = self.mails[mail_id]
        self.changed_at[mail.folder] = _now()
        mail.folder, mail.at = folder, _now()
        self._note("moved", mail)

    def remove(self, mail_id: str) -> None:
        """Delete a mail for good."""
        self._note("removed", self.mails.pop(mail_id))

    def in_folder(self, folder: Folder) -> list[StoredMail]:
        """Return a folder's mails, newest first."""
        found = [mail for mail in self.mails.values() if mail.folder == folder]
        return sorted(found, key=lambda mail: (mail.at, mail.id), reverse=True)

    def changes_after(self, number: int) -> list[Change]:
        """Return what happened after a change."""
        return [change for change in self.changes if change.number > number]

    def expire_history(self) -> None:
        """Forget every change so far: cursors from before are too old."""
        self.oldest_history = self.history + 1
        self.history += 1
        self.changes.clear()

    def _note(self, kind: Literal["added", "moved", "removed"], mail: StoredMail) -> None:
        self.history += 1
        self.changes.append(Change(self.history, kind, mail))
        self.changed_at[mail.folder] = _now()

    def _thread_of(self, content: bytes) -> str | None:
        """Return the thread of the mail that this one answers (RFC 5322, 3.6.4)."""
        headers = _HEADERS.parsebytes(content)
        answered = set(_message_ids(headers))
        for mail in reversed(self.mails.values()):
            if mail.header("Message-ID") in answered:
                return mail.thread_id
        return None


def _now() -> int:
    return time.time_ns() // 1_000_000


def _message_ids(headers: Message) -> Iterator[str]:
    for name in ("References", "In-Reply-To"):
        yield from str(headers.get(name, "")).split()
