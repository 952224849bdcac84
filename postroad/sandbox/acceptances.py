"""What the sandbox's providers accepted: the truth that tests count against."""

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

_HEADERS = BytesHeaderParser()


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """One acceptance; two of them with one key are a duplicate."""

    provider: str
    at: int
    """When, in milliseconds since the epoch."""
    key: str
    """X-Postroad-Message, or nothing where the mail has none."""
    message_id: str
    envelope_from: str
    recipients: list[str]
    size: int


class Acceptances:
    """Every acceptance in order, in memory, and in a journal that survives kill -9."""

    def __init__(self, journal: Path | None = None) -> None:
        """Start empty, or where the journal left off."""
        self.mails: list[AcceptedMail] = []
        self._by_key: Counter[str] = Counter()
        self._file = None
        if journal is not None:
            self._read(journal)
            self._file = journal.open("ab")

    def add(self, mail: AcceptedMail) -> None:
        """Write an acceptance down, durably where there is a journal."""
        if self._file is not None:
            self._file.write(json.dumps(asdict(mail)).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self._remember(mail)

    def times(self, key: str) -> int:
        """Return how often one message was accepted."""
        return self._by_key[key]

    @property
    def messages(self) -> int:
        """How many different messages were accepted."""
        return len(self._by_key)

    @property
    def duplicates(self) -> int:
        """How many acceptances were of a message that had been accepted before."""
        return self._by_key.total() - len(self._by_key)

    def close(self) -> None:
        """Close the journal."""
        if self._file is not None:
            self._file.close()

    def _remember(self, mail: AcceptedMail) -> None:
        self.mails.append(mail)
        if mail.key:
            self._by_key[mail.key] += 1

    def _read(self, journal: Path) -> None:
        journal.touch()
        content = journal.read_bytes()
        complete = content.rfind(b"\n") + 1
        for line in content[:complete].splitlines():
            self._remember(AcceptedMail(**json.loads(line)))
        # Half a line was never acknowledged.
        os.truncate(journal, complete)


def ids_of(content: bytes) -> tuple[str, str]:
    """Return a mail's X-Postroad-Message and Message-ID, each empty where it has none."""
    headers = _HEADERS.parsebytes(content.partition(b"\r\n\r\n")[0])
    key, message_id = headers.get("X-Postroad-Message", ""), headers.get("Message-ID", "")
    return "".join(str(key).split()), "".join(str(message_id).split())
