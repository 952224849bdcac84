"""The part of Gmail's search language that mail programs use.

support.google.com/mail/answer/7190 describes it. Terms are joined by "and"; `-` negates one.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from postroad.sandbox.gmail_errors import invalid
from postroad.sandbox.mailboxes import StoredMail

_FOLDERS = {"sent": "sent", "inbox": "inbox", "drafts": "drafts", "draft": "drafts"}


class Search:
    """A parsed query."""

    def __init__(self, query: str, lag: timedelta) -> None:
        """Read a query.

        Args:
            query: what stands in `q`.
            lag: how long a new mail is not in the index.

        Raises:
            GmailRefusal: a term has a value that makes no sense.
        """
        self._terms = [_term(word) for word in query.split()]
        self._newest = time.time_ns() // 1_000_000 - int(lag.total_seconds() * 1_000)

    def finds(self, mail: StoredMail) -> bool:
        """Whether a mail is found."""
        if not self._terms:
            return True
        return mail.at <= self._newest and all(term(mail) for term in self._terms)


def _term(word: str) -> Callable[[StoredMail], bool]:
    if word.startswith("-"):
        term = _term(word[1:])
        return lambda mail: not term(mail)
    operator, colon, value = word.partition(":")
    value = value.strip('"').lower()
    if not colon:
        text = word.strip('"').lower()
        return lambda mail: text in mail.header("Subject").lower()
    return _operator(operator.lower(), value)


def _operator(operator: str, value: str) -> Callable[[StoredMail], bool]:
    match operator:
        case "in" | "label" | "is":
            return lambda mail: mail.folder == _FOLDERS.get(value)
        case "rfc822msgid":
            return lambda mail: mail.header("Message-ID").strip("<>").lower() == value.strip("<>")
        case "from" | "to" | "subject":
            return lambda mail: value in mail.header(operator).lower()
        case "after":
            seconds = _number(value)
            return lambda mail: mail.at >= seconds * 1_000
        case "before":
            seconds = _number(value)
            return lambda mail: mail.at < seconds * 1_000
        case _:
            raise invalid(f"the sandbox does not know the search operator {operator}:")


def _number(value: str) -> int:
    if not value.isdecimal():
        raise invalid(f"the sandbox takes times as seconds since the epoch, not {value}")
    return int(value)
