"""Mailboxes in the JSON forms of the Gmail API: messages, history records, pages of both."""

import base64
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesParser
from typing import Any, Literal

from postroad.sandbox.mailboxes import Change, Mailbox, StoredMail

Format = Literal["minimal", "full", "raw", "metadata"]
Json = dict[str, Any]

_LABEL = {"inbox": "INBOX", "sent": "SENT", "drafts": "DRAFT"}
_ARRIVED = ("inbox", "archive")
_PARSER = BytesParser()


def labels_of(mail: StoredMail) -> list[str]:
    """Return a mail's labels; one that was filed away has hardly any."""
    labels = [_LABEL[mail.folder]] if mail.folder in _LABEL else []
    if mail.folder in _ARRIVED and not mail.is_read:
        labels.append("UNREAD")
    return labels


def reference(mail: StoredMail) -> Json:
    """Return what lists say of a mail."""
    return {"id": mail.id, "threadId": mail.thread_id}


def message(mailbox: Mailbox, mail: StoredMail, form: Format, wanted: Iterable[str] = ()) -> Json:
    """Return a mail.

    Args:
        mailbox: where it is.
        mail: the mail.
        form: how much of it.
        wanted: for `metadata`: only these headers; none means all.
    """
    found = {
        **reference(mail),
        "labelIds": labels_of(mail),
        "sizeEstimate": len(mail.content),
        "historyId": str(_latest_change(mailbox, mail)),
        "internalDate": str(mail.at),
    }
    if form == "raw":
        return found | {"raw": encoded(mail.content)}
    if form == "metadata":
        names = {name.lower() for name in wanted}
        headers = [h for h in _headers(mail.headers) if not names or h["name"].lower() in names]
        return found | {"payload": {"headers": headers}}
    if form == "full":
        return found | {"payload": _part(_PARSER.parsebytes(mail.content), "")}
    return found


def history_record(change: Change) -> Json:
    """Return one change as a history record."""
    about = reference(change.mail)
    labelled = {"message": about | {"labelIds": labels_of(change.mail)}}
    what: dict[str, Json] = {
        "added": {"messagesAdded": [labelled]},
        "moved": {"labelsAdded": [labelled | {"labelIds": labels_of(change.mail)}]},
        "removed": {"messagesDeleted": [{"message": about}]},
    }
    return {"id": str(change.number), "messages": [about], **what[change.kind]}


def page(name: str, items: list[Json], token: str, most: int) -> Json:
    """Return one page of a list; an empty list is left out, as Gmail does."""
    start = int(token) if token.isdecimal() else 0
    found: Json = {name: items[start : start + most]} if items[start:] else {}
    if len(items) > start + most:
        found["nextPageToken"] = str(start + most)
    return found


def encoded(content: bytes) -> str:
    """Return bytes as the API writes them (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(content).decode()


def _latest_change(mailbox: Mailbox, mail: StoredMail) -> int:
    numbers = (change.number for change in mailbox.changes if change.mail is mail)
    return max(numbers, default=mailbox.history)


def _headers(mail: Message) -> list[Json]:
    return [{"name": name, "value": " ".join(str(value).split())} for name, value in mail.items()]


def _part(part: Message, number: str) -> Json:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    found: Json = {
        "partId": number,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": _headers(part),
        "body": {"size": len(content)},
    }
    if part.is_multipart():
        below = [child for child in part.get_payload() if isinstance(child, Message)]
        prefix = f"{number}." if number else ""
        found["parts"] = [_part(child, f"{prefix}{n}") for n, child in enumerate(below)]
    elif content:
        found["body"]["data"] = encoded(content)
    return found
