"""One mailbox's requests to Microsoft Graph, over httpx.

Microsoft's own clients send a request again by themselves where it was not answered, sends
included; here every request is made once, and again only with another token after a 401.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

import httpx

from postroad.channels.base import KEY_HEADER, Transient
from postroad.channels.exchange_online_errors import failure, nonsense, refusal
from postroad.channels.exchange_online_settings import MOST_AT_ONCE, ExchangeOnlineSettings
from postroad.channels.tokens import TokenSource

Json = dict[str, Any]

INTERNET_HEADERS: Final = "{00020386-0000-0000-C000-000000000046}"
"""PS_INTERNET_HEADERS ([MS-OXCMAIL] 2.2.3.2.29): headers that Exchange has no property for."""
KEY_PROPERTY: Final = f"String {INTERNET_HEADERS} Name {KEY_HEADER}"
WITH_KEY: Final = f"singleValueExtendedProperties($filter=id eq '{KEY_PROPERTY}')"
_ABOUT: Final = (
    "id,internetMessageId,conversationId,isDraft,parentFolderId,sentDateTime,receivedDateTime"
)
_SAME_ID: Final = 'IdType="ImmutableId"'
"""A message keeps its id when it moves from folder to folder, as it does when it is sent."""
_MICROSOFT: Final = (".office.com", ".office365.com", ".office.us", ".office365.us")
"""Where attachments are uploaded to: outlook.office.com, and its like in national clouds."""
_CONNECT_SECONDS = 15.0
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    method: str
    path: str
    """Below the mailbox."""
    below_host: bool = False
    """Whether the path, with its query, is below the host: it comes from a link."""
    query: Mapping[str, str] | None = None
    body: Json | None = None
    content: bytes | None = None
    content_type: str | None = None
    prefer: str = ""
    """More preferences (RFC 7240)."""
    passing_ids: bool = False
    """Whether ids hold only as long as the message stays in its folder."""
    sends: bool = False

    @property
    def carries(self) -> bool:
        """Whether the message, or a part of it, is in it or is sent by it."""
        return self.sends or bool(self.body or self.content)


class GraphApi:
    """Asks for one mailbox; every request has an end in time, and few are made at once."""

    def __init__(self, settings: ExchangeOnlineSettings, address: str, tokens: TokenSource) -> None:
        """Prepare; nothing is connected yet.

        Args:
            settings: where Graph is, and how long a request may take.
            address: the mailbox.
            tokens: where access tokens come from.
        """
        self._tokens = tokens
        self._seconds = settings.timeout.total_seconds()
        self._mailbox = f"{settings.endpoint.rstrip('/')}/users/{in_path(settings.user or address)}"
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._client: httpx.AsyncClient | None = None

    async def create_draft(self, mime: bytes) -> Json:
        """Make a draft of a whole message in base64, its headers included."""
        return await self.answer(Ask("POST", "/messages", content=mime, content_type="text/plain"))

    async def send_draft(self, draft: str) -> None:
        """Send a draft. Whatever comes with a 2xx, it was taken and is not sent again.

        Raises:
            NotThere: there is no such draft: it was sent, or deleted, meanwhile.
            ChannelError: what a refusal or a failure means.
        """
        await self.ask(Ask("POST", f"/messages/{in_path(draft)}/send", content=b"", sends=True))

    async def remove(self, draft: str, *, passing_id: bool = False) -> None:
        """Delete a draft for good, so that it stands in no folder that a person sees.

        Args:
            draft: its id. By a lasting one the sent copy would be deleted just as well.
            passing_id: whether the id holds only as long as it stands in Drafts.

        Raises:
            NotThere: there is no such draft.
            ChannelError: what a refusal or a failure means.
        """
        path = f"/messages/{in_path(draft)}/permanentDelete"
        await self.ask(Ask("POST", path, content=b"", passing_ids=passing_id))

    async def drafts(self, condition: str) -> list[Json]:
        """Return what stands in Drafts and fulfils a condition, by passing ids."""
        return await self._found("/mailFolders/drafts/messages", condition, passing_ids=True)

    async def about(self, message: str) -> Json:
        """Return what is known of a message, without its content; raises as `raw` does."""
        query = {"$select": _ABOUT, "$expand": WITH_KEY}
        return await self.answer(Ask("GET", f"/messages/{in_path(message)}", query=query))

    async def raw(self, message: str) -> bytes:
        """Return a message as MIME.

        Raises:
            NotThere: it was deleted.
            ChannelError: what a refusal or a failure means.
        """
        return (await self.ask(Ask("GET", f"/messages/{in_path(message)}/$value"))).content

    async def find(self, condition: str, folder: str | None = None) -> list[Json]:
        """Return messages that fulfil a condition, as `about` does; ten at most.

        Args:
            condition: an OData filter.
            folder: only there, read directly; None is everywhere, and some seconds behind.
        """
        place = "/messages" if folder is None else f"/mailFolders/{in_path(folder)}/messages"
        return await self._found(place, condition)

    async def page(self, path: str, query: Mapping[str, str], *, prefer: str = "") -> Json:
        """Return the first page of a list."""
        return await self.answer(Ask("GET", path, query=query, prefer=prefer))

    async def follow(self, link: str, *, prefer: str = "") -> Json:
        """Return the page that `link_of` a former page leads to."""
        return await self.answer(Ask("GET", link, below_host=True, prefer=prefer))

    async def folder(self, name: str) -> str:
        """Return the id of a folder by its well-known name."""
        found = await self.answer(
            Ask("GET", f"/mailFolders/{in_path(name)}", query={"$select": "id"})
        )
        return str(found["id"])

    async def answer(self, ask: Ask) -> Json:
        """Return the JSON object that answers a request that sends nothing.

        Raises:
            ChannelError: what a refusal or a failure means.
        """
        answer = await self.ask(ask)
        try:
            found = answer.json()
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise nonsense()
        return found

    async def ask(self, ask: Ask) -> httpx.Response:
        """Return an answer of 2xx.

        Raises:
            ChannelError: what a refusal or a failure means.
        """
        token = await self._tokens.token()
        answer = await self._answer(ask, token)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            token = await self._tokens.token(refused=token)
            answer = await self._answer(ask, token)
        if not answer.is_success:
            raise refusal(answer, sends=ask.sends, carries=ask.carries)
        return answer

    async def upload(self, address: str, part: bytes, start: int, size: int) -> None:
        """Put a part of an attachment where Graph said; that address needs no token.

        Raises:
            ChannelError: what a refusal or a failure means.
        """
        self._check(address)
        place = f"bytes {start}-{start + len(part) - 1}/{size}"
        headers = {"Content-Range": place, "Content-Type": "application/octet-stream"}
        request = self._open().build_request("PUT", address, headers=headers, content=part)
        answer = await self._request(request)
        if not answer.is_success:
            raise refusal(answer, sends=False, carries=True)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _found(self, place: str, condition: str, *, passing_ids: bool = False) -> list[Json]:
        query = {"$filter": condition, "$select": _ABOUT, "$expand": WITH_KEY, "$top": "10"}
        ask = Ask("GET", place, query=query, passing_ids=passing_ids)
        found: list[Json] = (await self.answer(ask))["value"]
        return found

    async def _answer(self, ask: Ask, token: str) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {token}",
            "Prefer": ", ".join(filter(None, (ask.prefer, "" if ask.passing_ids else _SAME_ID))),
        }
        content = ask.content
        if ask.body is not None:
            content = json.dumps(ask.body).encode()
            headers["Content-Type"] = "application/json"
        elif ask.content_type is not None:
            headers["Content-Type"] = ask.content_type
        request = self._open().build_request(
            ask.method, self._url(ask), headers=headers, content=content
        )
        return await self._request(request, sends=ask.sends)

    async def _request(self, request: httpx.Request, *, sends: bool = False) -> httpx.Response:
        async with self._places:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._open().send(request)
            except _FAILURES as error:
                raise failure(error, sends=sends) from None

    def _url(self, ask: Ask) -> str:
        if ask.below_host:
            here = urlsplit(self._mailbox)
            return f"{here.scheme}://{here.netloc}{ask.path}"
        # OData wants its dollar signs plain, and knows no + for a space.
        query = "&".join(f"{name}={quote(value)}" for name, value in (ask.query or {}).items())
        return f"{self._mailbox}{ask.path}{f'?{query}' if query else ''}"

    def _check(self, address: str) -> None:
        """Let attachments go to no other host than Microsoft's."""
        here, there = urlsplit(self._mailbox), urlsplit(address)
        same = (there.scheme, there.netloc) == (here.scheme, here.netloc)
        theirs = there.scheme == "https" and (there.hostname or "").endswith(_MICROSOFT)
        if not (same or theirs):
            raise Transient(f"Microsoft Graph points to another place: {there.hostname}")

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            timeout = httpx.Timeout(self._seconds, connect=min(_CONNECT_SECONDS, self._seconds))
            self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)
        return self._client


def in_path(text: str) -> str:
    """Return an id or a name as one segment of a path."""
    return quote(text, safe="")


def key_of(message: Json) -> str:
    """Return our header of a message that was read without content; empty where it has none."""
    for found in message.get("singleValueExtendedProperties") or ():
        if str(found["id"]).lower() == KEY_PROPERTY.lower():
            return "".join(str(found["value"]).split())
    return ""


def link_of(page: Json, kind: Literal["next", "delta"] = "next") -> str | None:
    """Return where a list goes on; None where the page names no such place.

    The host is left out: tokens go to the one in the settings, whatever an answer says.
    """
    link = page.get(f"@odata.{kind}Link")
    if link is None:
        return None
    parts = urlsplit(str(link))
    return f"{parts.path}?{parts.query}"


def has_key(key: str) -> str:
    """Return the OData filter for messages that carry our header with this value."""
    one = f"ep/id eq {_quoted(KEY_PROPERTY)} and ep/value eq {_quoted(key)}"
    return f"singleValueExtendedProperties/Any(ep: {one})"


def same_id(message_id: str) -> str:
    """Return the OData filter for messages with a Message-ID, whatever their header says."""
    return f"internetMessageId eq {_quoted(message_id)}"


def _quoted(text: str) -> str:
    """Return a text as an OData literal."""
    return "'" + text.replace("'", "''") + "'"
