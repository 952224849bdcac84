"""What Postroad asks of one mailbox through the Gmail API."""

# mypy: untyped-calls-exclude=aiogoogle

import base64
import json
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from importlib.resources import files
from typing import Any, Final

from aiogoogle.models import Request
from aiogoogle.resource import GoogleAPI

from postroad.channels.gmail_errors import nonsense, refusal
from postroad.channels.gmail_session import GmailSession
from postroad.channels.gmail_settings import GmailSettings
from postroad.channels.tokens import TokenSource

ME: Final = "me"
"""The mailbox that the token belongs to."""
Json = dict[str, Any]

_LARGEST_IN_JSON = 5_000_000
"""developers.google.com/workspace/gmail/api/guides/uploads: more goes by upload."""
_UNAUTHORISED = 401


class GmailApi:
    """Asks for one mailbox; a token that is refused is replaced once."""

    def __init__(self, settings: GmailSettings, tokens: TokenSource) -> None:
        """Prepare; nothing is connected yet.

        Args:
            settings: where the API is, and how long a request may take.
            tokens: where access tokens come from.
        """
        self._tokens = tokens
        self._session = GmailSession(settings.timeout.total_seconds())
        self._users = _description(settings.endpoint).users

    async def profile(self) -> Json:
        """Return whose mailbox it is, and its latest history id."""
        return await self._ask(self._users.getProfile(userId=ME))

    async def send(self, content: bytes, thread_id: str | None) -> Json:
        """Send a message; return its id and the id of its thread.

        Raises:
            NotThere: there is no such thread; nothing left.
            ChannelError: what a refusal or a failure means.
        """
        about = {} if thread_id is None else {"threadId": thread_id}
        send = self._users.messages.send
        if len(content) <= _LARGEST_IN_JSON:
            raw = base64.urlsafe_b64encode(content).decode()
            request = send(userId=ME, json=about | {"raw": raw})
        else:
            request = send(userId=ME, json=about, upload_file=content, uploadType="multipart")
            request.upload_file_content_type = "message/rfc822"
        return await self._ask(request, sends=True)

    async def list_messages(
        self,
        *,
        query: str = "",
        labels: Sequence[str] = (),
        most: int = 100,
        page: str | None = None,
        trash: bool = False,
    ) -> Json:
        """Return a page of message ids, newest first.

        Args:
            query: as in Gmail's search box; only what the index has is found.
            labels: only messages that have them all, read without the index.
            most: how many a page has at most.
            page: the token of a later page.
            trash: also look into Spam and Trash.
        """
        return await self._ask(
            self._users.messages.list(
                userId=ME,
                q=query or None,
                labelIds=list(labels) or None,
                maxResults=most,
                pageToken=page,
                includeSpamTrash="true" if trash else None,
            )
        )

    async def raw(self, message: str) -> Json:
        """Return a message with its whole content.

        Raises:
            NotThere: it was deleted.
            ChannelError: what a refusal or a failure means.
        """
        return await self._ask(self._users.messages.get(userId=ME, id=message, format="raw"))

    async def headers(self, message: str, *names: str) -> Json:
        """Return a message without content, with only these headers; raises as `raw` does."""
        return await self._ask(
            self._users.messages.get(
                userId=ME, id=message, format="metadata", metadataHeaders=list(names)
            )
        )

    async def history(self, start: str, most: int) -> Json:
        """Return the messages that were added after a history id, oldest first.

        Raises:
            NotThere: the id is too old.
            ChannelError: what a refusal or a failure means.
        """
        return await self._ask(
            self._users.history.list(
                userId=ME, startHistoryId=start, historyTypes=["messageAdded"], maxResults=most
            )
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.aclose()

    async def _ask(self, request: Request, *, sends: bool = False) -> Json:
        token = await self._tokens.token()
        answer = await self._session.ask(request, token, sends=sends)
        if answer.status_code == _UNAUTHORISED:
            token = await self._tokens.token(refused=token)
            answer = await self._session.ask(request, token, sends=sends)
        if answer.status_code // 100 != 2:
            raise refusal(answer.status_code, answer.headers, answer.json, sends=sends)
        if not isinstance(answer.json, dict):
            raise nonsense(sends=sends)
        return answer.json


def header(message: Json, name: str) -> str:
    """Return a header of a message that was read without content; empty where it has none."""
    payload = message.get("payload") or {}
    for found in payload.get("headers", ()):
        if found["name"].lower() == name.lower():
            return str(found["value"]).strip()
    return ""


def content_of(message: Json) -> bytes:
    """Return the content of a message that was read whole (RFC 4648, 5)."""
    raw = str(message.get("raw", ""))
    return base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))


def with_headers(message: Json) -> Json:
    """Return a message that was read whole with its headers where `header` looks for them."""
    head = BytesHeaderParser().parsebytes(content_of(message))
    headers = [{"name": name, "value": str(value)} for name, value in head.items()]
    return message | {"payload": {"headers": headers}}


def _description(endpoint: str) -> GoogleAPI:
    """Build the API from the description that is shipped: nothing is fetched at the start."""
    described = json.loads((files("postroad.channels") / "gmail_v1.json").read_bytes())
    return GoogleAPI(described | {"rootUrl": endpoint.rstrip("/") + "/"})
