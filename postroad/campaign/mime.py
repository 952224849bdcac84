"""Composing mails: from a rendered text and a person to the bytes on the wire (RFC 5322).

What is the same for everybody (From, MIME structure, attachments) is encoded once. Per person,
short ASCII headers and texts take a direct path; everything else goes through the standard
library's email package. Control characters never reach a header: they become spaces.
"""

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from postroad.campaign.template import AttachmentRef, Rendered

CRLF = b"\r\n"

_LINE = 76
_LONGEST_QUOTED = 60
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLAIN_VALUE = re.compile(r"[\x20-\x7e]{0,66}")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]{0,40}")
_LONG_LINE = re.compile(rb"[^\n]{900}")
_ATOM = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~-]")


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


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with its content."""

    reference: AttachmentRef
    content: bytes


def message_id_for(key: str, domain: str) -> str:
    """Return the Message-ID of a message: the same on every attempt, valid in any mail."""
    local = ".".join(_ATOM.sub("-", part) for part in key.split("/"))
    return f"<{local}@{domain}>"


def reply_subject(first: str) -> str:
    """Return the subject of a reply: one `Re:`, however often the first had it."""
    return first if first[:3].lower() == "re:" else f"Re: {first}"


class MessageComposer:
    """Composes the mails of one step from one sender."""

    def __init__(self, sender: From, files: Sequence[File] = ()) -> None:
        """Encode what is the same for everybody.

        Args:
            sender: the From header, and Reply-To where it differs.
            files: attachments, and inline images where they have a content id.
        """
        self._constant = _address_header("From", sender.name, sender.email)
        if sender.reply_to is not None:
            self._constant += _address_header("Reply-To", "", sender.reply_to)
        self._constant += b"MIME-Version: 1.0\r\n"
        self._inline = [_file_part(file) for file in files if file.reference.content_id]
        self._attached = [_file_part(file) for file in files if not file.reference.content_id]
        # Unguessable for recipients, the same on every attempt; no text can contain it by chance.
        digest = sha256(self._constant + b"".join(self._inline + self._attached)).hexdigest()
        self._boundary = f"=_pr_{digest[:24]}"

    def compose(self, envelope: Envelope, text: Rendered, name: str = "") -> bytes:
        """Return the whole mail; lines end in CRLF.

        Args:
            envelope: recipient, ids and date.
            text: subject and bodies.
            name: the recipient's name, for the To header.
        """
        parts = [
            self._constant,
            _address_header("To", name, envelope.recipient),
            _header("Subject", text.subject),
            _header("Date", format_datetime(envelope.date)),
            _header("Message-ID", envelope.message_id),
            _header("X-Postroad-Message", envelope.key),
        ]
        if envelope.references:
            parts.append(_header("In-Reply-To", envelope.references[-1]))
            parts.append(_id_list("References", envelope.references))
        if envelope.unsubscribe_url is not None:
            parts.append(_header("List-Unsubscribe", f"<{envelope.unsubscribe_url}>"))
            parts.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
        parts.append(self._body(text))
        return b"".join(parts)

    def _body(self, text: Rendered) -> bytes:
        html = None if text.html is None else _text_part("html", text.html)
        if html is not None and self._inline:
            html = self._multipart("related", "r", [html, *self._inline])
        plain = None if text.text is None else _text_part("plain", text.text)
        bodies = [part for part in (plain, html) if part is not None]
        body = bodies[0] if len(bodies) == 1 else self._multipart("alternative", "a", bodies)
        return self._multipart("mixed", "m", [body, *self._attached]) if self._attached else body

    def _multipart(self, subtype: str, level: str, parts: Sequence[bytes]) -> bytes:
        boundary = f"{self._boundary}{level}"
        line = f"--{boundary}\r\n".encode()
        opening = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
        ending = f"--{boundary}--\r\n".encode()
        return opening + b"".join(line + part + CRLF for part in parts) + ending


def _header(name: str, value: str) -> bytes:
    value = _CONTROL.sub(" ", value).strip()
    if _PLAIN_VALUE.fullmatch(value):
        return f"{name}: {value}\r\n".encode("ascii")
    if value.isascii() and " " not in value:  # an id or a link, which must not be broken up
        return f"{name}:\r\n {value}\r\n".encode("ascii")
    return _encoded_words(name, value) + CRLF


def _id_list(name: str, ids: Sequence[str]) -> bytes:
    return f"{name}: ".encode() + b"\r\n ".join(i.encode("ascii") for i in ids) + CRLF


def _address_header(header: str, name: str, address: str) -> bytes:
    """Return one address; a non-ASCII local part needs SMTPUTF8 and stays UTF-8 (RFC 6532)."""
    name = _CONTROL.sub(" ", name).strip()
    local, _, domain = _CONTROL.sub("", address).rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    address = f"{local}@{domain}"
    if not name:
        return f"{header}: {address}\r\n".encode()
    if _PLAIN_PHRASE.fullmatch(name):
        return f"{header}: {name} <{address}>\r\n".encode()
    if name.isascii() and len(name) <= _LONGEST_QUOTED:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'{header}: "{quoted}"\r\n <{address}>\r\n'.encode()
    return _encoded_words(header, name) + f"\r\n <{address}>\r\n".encode()


def _encoded_words(header: str, value: str) -> bytes:
    """Return a header with its value in RFC 2047 encoded words, without the last line end."""
    words = Header(value, "utf-8", _LINE, header).encode()
    return f"{header}: {words}".replace("\n", "\r\n").encode("ascii")


def _text_part(subtype: str, text: str) -> bytes:
    """Return a text part in the first of 7bit, quoted-printable, base64 that suits it."""
    body = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    if not body.endswith(b"\n"):
        body += b"\n"
    kind = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: ".encode()
    if body.isascii() and not _LONG_LINE.search(body) and b"\0" not in body:
        return kind + b"7bit\r\n\r\n" + body.replace(b"\n", CRLF)
    quoted = binascii.b2a_qp(body, istext=True)
    if len(quoted) <= 1.4 * len(body):
        return kind + b"quoted-printable\r\n\r\n" + quoted.replace(b"\n", CRLF)
    return kind + b"base64\r\n\r\n" + _base64(body)


def _base64(content: bytes) -> bytes:
    lines = (
        binascii.b2a_base64(content[at : at + 57], newline=False)
        for at in range(0, len(content), 57)
    )
    return CRLF.join(lines) + CRLF


def _file_part(file: File) -> bytes:
    """Return an attachment's part; the standard library encodes names of any script (RFC 2231)."""
    reference = file.reference
    maintype, _, subtype = reference.content_type.partition("/")
    message = EmailMessage(policy=SMTP)
    message.add_header("Content-Type", f"{maintype}/{subtype or 'octet-stream'}")
    disposition = "inline" if reference.content_id else "attachment"
    filename = _CONTROL.sub(" ", reference.filename)
    message.add_header("Content-Disposition", disposition, filename=filename)
    message.add_header("Content-Transfer-Encoding", "base64")
    if reference.content_id:
        message.add_header("Content-ID", f"<{reference.content_id}>")
    return message.as_bytes() + _base64(file.content)


def fields_of(person: Mapping[str, str], email: str) -> dict[str, str]:
    """Return what templates see of a person."""
    return {**person, "email": email}
