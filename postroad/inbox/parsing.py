"""Reading a mail within bounds: whatever its size, nesting or damage, it costs milliseconds.

Only the first READ_MAX bytes are read: notices, replies and the headers of a returned mail stand
at the start. Attached mails (message/rfc822) are kept whole and never descended into: what is
said inside them was not said to us.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from postroad.inbox.charsets import decode
from postroad.inbox.headers import Headers, parse_headers
from postroad.inbox.html_text import html_to_text

READ_MAX = 400_000
"""Bytes of a mail that are looked at."""
TEXT_MAX = 40_000
"""Characters of a text that are looked at."""
_PARTS_MAX = 40
_DEPTH_MAX = 8
_BOUNDARY_MAX = 200
_HARDLY_ANY_TEXT = 20

_MBOX_LINE = re.compile(rb"\s{0,10}>?From (?![ :])[^\n]{0,500}\n")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_ANY_BOUNDARY = re.compile(rb"^--([^\s-][^\s]{5,200})\n[Cc]ontent-", re.MULTILINE)
"""What looks like a boundary, for mails whose own was lost on the way."""
RETURNED = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
"""Types of a part that holds the mail that came back, or its headers (RFC 6522, RFC 6533)."""


@dataclass(frozen=True)
class Part:
    """A leaf of a mail's tree of parts."""

    headers: Headers
    body: bytes

    @property
    def type(self) -> str:
        """The media type in lower case; text/plain where none is told (RFC 2045, 5.2)."""
        return self.headers.token("content-type") or "text/plain"

    @cached_property
    def content(self) -> bytes:
        """The body without its transfer encoding."""
        match self.headers.token("content-transfer-encoding"):
            case "base64":
                return _from_base64(self.body)
            case "quoted-printable":
                return binascii.a2b_qp(self.body)
            case _:
                return self.body

    @cached_property
    def text(self) -> str:
        """The content as text, HTML included as it is."""
        content = self.content[: 4 * TEXT_MAX]
        return decode(content, self.headers.parameter("content-type", "charset"))[:TEXT_MAX]


@dataclass(frozen=True)
class Mail:
    """A mail as far as it was read."""

    headers: Headers
    parts: tuple[Part, ...]

    @property
    def type(self) -> str:
        """The media type of the whole mail."""
        return self.headers.token("content-type") or "text/plain"

    @property
    def report_type(self) -> str:
        """What a multipart/report reports (RFC 6522); empty for other mails."""
        if self.type != "multipart/report":
            return ""
        return self.headers.parameter("content-type", "report-type").lower()

    def of_type(self, *types: str) -> Iterator[Part]:
        """Yield the parts of these types."""
        return (part for part in self.parts if part.type in types)

    @cached_property
    def text(self) -> str:
        """What people read: the plain text, or what the HTML says where there is none."""
        plain = "\n\n".join(part.text for part in self._said("text/plain"))
        if len(plain.strip()) < _HARDLY_ANY_TEXT:
            html = "\n\n".join(html_to_text(part.text) for part in self._said("text/html"))
            plain = html if len(html.strip()) > len(plain.strip()) else plain
        return plain[:TEXT_MAX]

    def _said(self, media_type: str) -> Iterator[Part]:
        """Yield the parts that the writer of this mail wrote, not what they return with it."""
        for part in self.parts:
            if part.type in RETURNED:
                return
            if part.type == media_type:
                yield part


def read_mail(raw: bytes) -> Mail:
    """Read a mail; any bytes are one."""
    headers, body = split_message(raw[:READ_MAX])
    return Mail(headers, tuple(_leaves(headers, body)))


def split_message(raw: bytes) -> tuple[Headers, bytes]:
    """Return the headers of a message and what follows them."""
    lines = raw.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if mbox := _MBOX_LINE.match(lines):
        lines = lines[mbox.end() :]
    block, _, body = lines.lstrip(b"\n").partition(b"\n\n")
    return parse_headers(block), body


def _leaves(headers: Headers, body: bytes) -> Iterator[Part]:
    """Yield the leaves in order, without recursion: nesting is the sender's choice."""
    pending = [(headers, body, 0)]
    found = 0
    while pending and found < _PARTS_MAX:
        headers, body, depth = pending.pop()
        pieces = _pieces(headers, body) if depth < _DEPTH_MAX else []
        if not pieces:
            found += 1
            is_torn = headers.token("content-type").startswith("multipart/")
            yield Part(Headers(()) if is_torn else headers, body)
            continue
        children = [(*_split_part(piece), depth + 1) for piece in pieces]
        pending.extend(reversed(children))


def _split_part(piece: bytes) -> tuple[Headers, bytes]:
    """Split one part; the line behind its boundary is already gone."""
    if piece.startswith(b"\n"):
        return Headers(()), piece[1:]
    block, _, body = piece.partition(b"\n\n")
    return parse_headers(block), body


def _pieces(headers: Headers, body: bytes) -> list[bytes]:
    """Return what stands between the boundaries (RFC 2046, 5.1.1); nothing where there is none."""
    if not headers.token("content-type").startswith("multipart/"):
        return []
    boundary = headers.parameter("content-type", "boundary").rstrip()
    if not boundary or len(boundary) > _BOUNDARY_MAX:
        return []
    mark = b"\n--" + boundary.encode("utf-8", "replace")
    if mark not in b"\n" + body and (seen := _ANY_BOUNDARY.search(body)):
        mark = b"\n--" + seen[1]
    pieces: list[bytes] = []
    for chunk in (b"\n" + body).split(mark, 2 * _PARTS_MAX)[1:]:
        rest, _, content = chunk.partition(b"\n")
        match rest.strip():
            case b"":
                pieces.append(content)
            case b"--":
                break
            case _ if pieces:  # the start of a longer boundary, of a part inside
                pieces[-1] += mark + chunk
    return pieces


def _from_base64(body: bytes) -> bytes:
    letters = _NO_BASE64.sub(b"", body)
    whole = len(letters) - (len(letters) % 4 == 1)
    return binascii.a2b_base64(letters[:whole] + b"=" * (-whole % 4))
