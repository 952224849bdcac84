"""Attachments of drafts: small ones in a request, large ones part by part.

learn.microsoft.com/graph/outlook-large-attachments has the sessions and their limits.
"""

import json
import re
import secrets
from dataclasses import dataclass, field

from aiohttp import web

from postroad.sandbox.graph_compose import file_of, with_attachment
from postroad.sandbox.graph_errors import GraphRefusal, invalid, not_found, too_large
from postroad.sandbox.graph_resources import Json, mail_of
from postroad.sandbox.mailboxes import Mailbox, StoredMail

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_LARGEST_IN_JSON = 3 * 1024 * 1024
_LARGEST_PART = 4 * 1024 * 1024


@dataclass(slots=True)
class _Session:
    draft: StoredMail
    about: Json
    size: int
    received: bytearray = field(default_factory=bytearray)


class Uploads:
    """Adds attachments to drafts."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    async def attach(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer POST …/attachments."""
        draft = _draft(request, mailbox)
        try:
            given: Json = json.loads(await request.read())
            file = file_of(given)
        except (KeyError, TypeError, ValueError):
            raise invalid("Unable to read JSON request payload.") from None
        if len(await request.read()) > _LARGEST_PART or len(file) > _LARGEST_IN_JSON:
            raise too_large()
        draft.content = with_attachment(draft.content, given, file)
        return web.json_response({"name": given.get("name"), "size": len(file)}, status=201)

    async def begin(self, request: web.Request, mailbox: Mailbox) -> web.Response:
        """Answer POST …/attachments/createUploadSession."""
        draft = _draft(request, mailbox)
        try:
            about: Json = json.loads(await request.read())["AttachmentItem"]
            session = _Session(draft, about, int(about["size"]))
        except (KeyError, TypeError, ValueError):
            raise invalid("Unable to read JSON request payload.") from None
        token = secrets.token_urlsafe(24)
        self._sessions[token] = session
        address = str(request.url.with_path(f"/uploads/{token}").with_query(None))
        return web.json_response({"uploadUrl": address, "nextExpectedRanges": ["0-"]}, status=201)

    async def put(self, request: web.Request) -> web.Response:
        """Answer PUT to the address of a session, which needs no token."""
        try:
            return await self._put(request)
        except GraphRefusal as refusal:
            return refusal.answer()

    async def _put(self, request: web.Request) -> web.Response:
        token = request.match_info["session"]
        session = self._sessions.get(token)
        part = await request.read()
        found = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if session is None:
            raise not_found()
        if len(part) > _LARGEST_PART:
            raise too_large()
        expected = (len(session.received), len(session.received) + len(part) - 1, session.size)
        if found is None or tuple(map(int, found.groups())) != expected:
            raise invalid("The Content-Range header is wrong.", "ErrorInvalidRange")
        session.received += part
        if len(session.received) < session.size:
            return web.json_response({"nextExpectedRanges": [f"{len(session.received)}-"]})
        draft = session.draft
        draft.content = with_attachment(draft.content, session.about, bytes(session.received))
        del self._sessions[token]
        return web.Response(status=201)


def _draft(request: web.Request, mailbox: Mailbox) -> StoredMail:
    mail = mail_of(mailbox, request.match_info["id"])
    if mail.folder != "drafts":
        raise not_found()
    return mail
