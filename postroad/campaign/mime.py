"""Composing mails: from a rendered text and a person to the bytes on the wire (RFC 5322).

What is the same for everybody (From, MIME structure, attachments) is encoded once. Per person,
short ASCII headers and texts take a direct path.
"""

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from postroad.campaign.headers import (
    CONTROL,
    CRLF,
    HeaderError,
    address_header,
    link_list,
    message_id_for,
    message_id_list,
    reply_subject,
    text_header,
    token_header,
    usable_message_ids,
)
from postroad.campaign.template import AttachmentRef, Rendered

__all__ = [
    "Envelope",
    "File",
    "From",
    "HeaderError",
    "MessageComposer",
    "fields_of",
    "message_id_for",
    "reply_subject",
]

_LINE_END = b"\r\n"
# Neither quoted-printable nor base64 can produce "=_", and a text that holds it is encoded so.
_BOUNDARY = "=_postroad_"
_UNSAFE = re.compile(rb"[^\n]{900}|\0|=_postroad_")
"""What a text may not hold to be sent as it is."""
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*", re.IGNORECASE)
_STRUCTURED = ("message/", "multipart/")
"""Types whose content must not be in base64 (RFC 2045, 6.4)."""


@dataclass(frozen=True, slots=True)
class From:
    """Who a mail is from."""

    email: str
    name: str = ""
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What differs from one mail to the next beside its text."""

    recipient: str
    key: str
    """`<campaign id>/<step id>/<person key>`, the X-Postroad-Message value."""
    message_id: str
    date: datetime
    references: Sequence[str] = ()
    """Message-IDs of the thread so far, oldest first."""
    unsubscribe_url: str | None = None
    """A link that unsubscribes by one POST (RFC 8058)."""
    unsubscribe_mailto: str | None = None
    """A link that asks for the same by mail (RFC 2369, 3.2)."""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with its content."""

    reference: AttachmentRef
    content: bytes


class MessageComposer:
    """Composes the mails of one step from one sender."""

    def __init__(self, sender: From, files: Sequence[File] = ()) -> None:
        """Encode what is the same for everybody.

        Args:
            sender: the From header, and Reply-To where it differs.
            files: attachments, and inline images where they have a content id.

        Raises:
            HeaderError: the sender's address is none.
        """
        constant = address_header("From", sender.name, sender.email)
        if sender.reply_to is not None:
            constant += address_header("Reply-To", "", sender.reply_to)
        self._constant = f"{constant}MIME-Version: 1.0{CRLF}"
        self._inline = [_file_part(file) for file in files if file.reference.content_id]
        self._attached = [_file_part(file) for file in files if not file.reference.content_id]

    def compose(self, envelope: Envelope, text: Rendered, name: str = "") -> bytes:
        """Return the whole mail; lines end in CRLF.

        Args:
            envelope: recipient, ids and date.
            text: subject and bodies.
            name: the recipient's name, for the To header.

        Raises:
            HeaderError: an address, id or link is none that a mail can carry.
        """
        headers = [
            self._constant,
            address_header("To", name, envelope.recipient),
            text_header("Subject", text.subject),
            f"Date: {format_datetime(envelope.date)}{CRLF}",
            token_header("Message-ID", envelope.message_id),
            token_header("X-Postroad-Message", envelope.key),
        ]
        thread = usable_message_ids(envelope.references) if envelope.references else ()
        if thread:
            headers.append(token_header("In-Reply-To", thread[-1]))
            headers.append(message_id_list("References", thread))
        ways_out = [*filter(None, (envelope.unsubscribe_mailto, envelope.unsubscribe_url))]
        if ways_out:
            headers.append(link_list("List-Unsubscribe", ways_out))
        if envelope.unsubscribe_url is not None:
            headers.append(f"List-Unsubscribe-Post: List-Unsubscribe=One-Click{CRLF}")
        return "".join(headers).encode() + self._body(text)

    def _body(self, text: Rendered) -> bytes:
        html = None if text.html is None else _text_part("html", text.html)
        if html is not None and self._inline:
            html = _multipart("related", [html, *self._inline])
        plain = None if text.text is None else _text_part("plain", text.text)
        bodies = [part for part in (plain, html) if part is not None]
        body = bodies[0] if len(bodies) == 1 else _multipart("alternative", bodies)
        return _multipart("mixed", [body, *self._attached]) if self._attached else body


def _multipart(subtype: str, parts: Sequence[bytes]) -> bytes:
    boundary = f"{_BOUNDARY}{subtype}"
    line = f"--{boundary}{CRLF}".encode()
    opening = f'Content-Type: multipart/{subtype}; boundary="{boundary}"{CRLF * 2}'.encode()
    ending = f"--{boundary}--{CRLF}".encode()
    return opening + b"".join(line + part + _LINE_END for part in parts) + ending


def _text_part(subtype: str, text: str) -> bytes:
    """Return a text part in the first of 7bit, quoted-printable, base64 that suits it."""
    body = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    if not body.endswith(b"\n"):
        body += b"\n"
    kind = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: ".encode()
    if body.isascii() and not _UNSAFE.search(body):
        return kind + b"7bit\r\n\r\n" + body.replace(b"\n", _LINE_END)
    quoted = binascii.b2a_qp(body, istext=True)
    if len(quoted) <= 1.4 * len(body):
        return kind + b"quoted-printable\r\n\r\n" + quoted.replace(b"\n", _LINE_END)
    return kind + b"base64\r\n\r\n" + _base64(body)


def _base64(content: bytes) -> bytes:
    lines = (
        binascii.b2a_base64(content[at : at + 57], newline=False)
        for at in range(0, len(content), 57)
    )
    return _LINE_END.join(lines) + _LINE_END


def _file_part(file: File) -> bytes:
    """Return an attachment's part; the standard library encodes names of any script (RFC 2231)."""
    reference = file.reference
    message = EmailMessage(policy=SMTP)
    message.add_header("Content-Type", _carried_as(reference.content_type))
    disposition = "inline" if reference.content_id else "attachment"
    filename = CONTROL.sub(" ", reference.filename).encode("utf-8", "replace").decode()
    message.add_header("Content-Disposition", disposition, filename=filename)
    message.add_header("Content-Transfer-Encoding", "base64")
    headers = message.as_bytes().removesuffix(_LINE_END)
    if reference.content_id:
        headers += token_header("Content-ID", f"<{reference.content_id}>").encode()
    return headers + _LINE_END + _base64(file.content)


def _carried_as(content_type: str) -> str:
    if not _CONTENT_TYPE.fullmatch(content_type) or content_type.lower().startswith(_STRUCTURED):
        return "application/octet-stream"
    return content_type


def fields_of(person: Mapping[str, str], email: str) -> dict[str, str]:
    """Return what templates see of a person."""
    return {**person, "email": email}
