"""A mailbox at Dovecot, as its owner's own program sees it, and the settings to read it with."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from imaplib import IMAP4, Time2Internaldate
from pathlib import Path
from typing import Any

from postroad.channels.base import InboundMail, InboxPage
from postroad.channels.imap_inbox import Inbox
from postroad.channels.imap_settings import ImapSettings
from tests.postfix.server import ANY_PASSWORD, Postfix


class ImapBox:
    """One mailbox; it is created when somebody signs in."""

    def __init__(self, server: Postfix, name: str, ca_file: Path) -> None:
        self.server = server
        self.name = name
        self._ca_file = ca_file

    def given(self, **given: Any) -> dict[str, Any]:
        """Return settings in plain text on loopback, changed as told."""
        port = {"implicit": self.server.imaps_port}.get(given.get("tls", ""), self.server.imap_port)
        return {
            "host": "127.0.0.1",
            "port": port,
            "tls": "none",
            "ca_file": str(self._ca_file),
            "username": self.name,
            "password": ANY_PASSWORD,
            "timeout": "10s",
            **given,
        }

    def settings(self, **given: Any) -> ImapSettings:
        """Return the same, checked."""
        return ImapSettings.model_validate(self.given(**given))

    async def read(self, cursor: str | None, **given: Any) -> InboxPage:
        """Read one page."""
        return await Inbox(self.settings(**given)).read(cursor)

    async def read_on(self, cursor: str | None, **given: Any) -> tuple[list[InboundMail], str]:
        """Read to the end."""
        page = await self.read(cursor, **given)
        mails = list(page.mails)
        while page.more:
            page = await self.read(page.cursor, **given)
            mails += page.mails
        return mails, page.cursor

    @contextmanager
    def opened(self) -> Iterator[IMAP4]:
        """Sign in as a mail program does."""
        with IMAP4("127.0.0.1", self.server.imap_port) as client:
            client.authenticate("PLAIN", lambda _: f"\0{self.name}\0{ANY_PASSWORD}".encode())
            yield client

    def put(self, *contents: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """Let mails arrive."""
        when = Time2Internaldate(at or datetime.now(UTC))
        with self.opened() as client:
            for content in contents:
                assert client.append(folder, "", when, content)[0] == "OK"

    def create(self, folder: str) -> None:
        """Create a folder, by its name as it is on the wire."""
        with self.opened() as client:
            assert client.create(folder)[0] == "OK"

    def move_everything(self, folder: str) -> None:
        """File what is in the Inbox."""
        with self.opened() as client:
            client.select()
            assert client.uid("MOVE", "1:*", folder)[0] == "OK"

    def unread(self) -> int:
        """Return how many mails in the Inbox nobody has read."""
        with self.opened() as client:
            client.select(readonly=True)
            return len(client.search(None, "UNSEEN")[1][0].split())

    def change_validity(self, validity: int) -> None:
        """Let the Inbox's UIDs be others from now on."""
        self.server.doveadm(
            "mailbox", "update", "-u", self.name, "--uid-validity", str(validity), "INBOX"
        )
