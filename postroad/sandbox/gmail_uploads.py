"""Media uploads: a whole message beside its JSON, at once or piece by piece.

developers.google.com/workspace/gmail/api/guides/uploads
"""

import json
import re
import secrets
from dataclasses import dataclass, field
from email.message import Message

from aiohttp import web

from postroad.sandbox.gmail_errors import invalid, not_found

_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_GO_ON = 308
"""What answers a piece that is not the last one."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A message as it was uploaded."""

    content: bytes
    thread_id: str | None = None


@dataclass(slots=True)
class _Session:
    """A resumable upload under way."""

    thread_id: str | None
    content: bytearray = field(default_factory=bytearray)


class Uploads:
    """Reads uploads of all three protocols; keeps the resumable ones that are not complete."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    async def read(self, request: web.Request) -> Upload | web.Response:
        """Return the message of an upload, or the answer on the way to it.

        Raises:
            GmailRefusal: the upload is not as it must be.
        """
        match request.query.get("uploadType"):
            case "media":
                return Upload(await request.read())
            case "multipart":
                return _multipart(request.headers.get("Content-Type", ""), await request.read())
            case "resumable" if request.method == "POST":
                return await self._begin(request)
            case "resumable":
                return await self._go_on(request)
            case other:
                raise invalid(f"Invalid upload type: {other}")

    async def _begin(self, request: web.Request) -> web.Response:
        number = secrets.token_hex(8)
        self._sessions[number] = _Session(_thread_of(await request.read()))
        place = request.url.update_query({"upload_id": number})
        return web.Response(headers={"Location": str(place)})

    async def _go_on(self, request: web.Request) -> Upload | web.Response:
        number = request.query.get("upload_id", "")
        session = self._sessions.get(number)
        if session is None:
            raise not_found()
        session.content += await request.read()
        found = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if found is not None and found[3] != str(len(session.content)):
            last = len(session.content) - 1
            headers = {"Range": f"bytes=0-{last}"} if last >= 0 else {}
            return web.Response(status=_GO_ON, headers=headers)
        del self._sessions[number]
        return Upload(bytes(session.content), session.thread_id)


def _multipart(content_type: str, body: bytes) -> Upload:
    """Take two parts apart (RFC 2046, 5.1.1); Google's own client ends its lines with LF only."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = re.escape(str(header.get_boundary("")).encode())
    found = re.split(rb"(?:^|\r?\n)--" + boundary + rb"(?:--)?[ \t]*(?:\r?\n|$)", body)
    if header.get_content_type() != "multipart/related" or len(found) != 4:
        raise invalid("Multipart uploads have two parts: JSON and media.")
    about, mail = (_END_OF_HEAD.split(part, maxsplit=1)[-1] for part in found[1:3])
    return Upload(mail, _thread_of(about))


def _thread_of(body: bytes) -> str | None:
    """Return the thread that the JSON beside a message names."""
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        raise invalid("Parse Error") from None
    return given.get("threadId") if isinstance(given, dict) else None
