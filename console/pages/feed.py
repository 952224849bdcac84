"""The live feed: what happens, as it happens, with filters."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from console.access import viewer_of
from console.forms import is_number, place, text
from console.installation import Installation, installation_of
from console.rendering import fill, render
from console.routing import Page
from postroad.ledger.events import FeedEntry, last_event
from postroad.ledger.pages.feed import FeedFilter, events_before, events_since

_ON_A_PAGE = 50
_PAUSE_SECONDS = 1.0
_MOST_READINGS = 600
"""The browser comes again after that, and has to be signed in still."""
_KINDS = (
    "sent", "replied", "bounced", "soft_bounced", "auto_replied", "failed", "deferred",
    "uncertain", "suppressed", "unsubscribed", "opened", "clicked",
    "opened_by_machine", "clicked_by_machine", "throttled", "paused", "resumed", "removed",
    "channel_paused", "channel_resumed", "channel_unauthorised",
)  # fmt: skip
_OVERLAP = 500
"""Event ids that are read again: transactions do not commit in the order of their ids."""
_AT_ONCE = _OVERLAP + 200


def routes() -> list[BaseRoute]:
    """Return the page and its stream."""
    return [Page("/feed", _feed), Page("/feed/stream", _stream)]


async def _feed(request: Request) -> Response:
    wanted = _wanted(request)
    installation = installation_of(request)
    newest = await installation.read(last_event)
    entries = await installation.read(
        events_before, place(request, "before"), wanted, _ON_A_PAGE + 1
    )
    shown = entries[:_ON_A_PAGE]
    chosen = wanted.model_dump(exclude={"sender"}, exclude_defaults=True)
    following = None
    if len(entries) > _ON_A_PAGE:
        following = f"/feed?{urlencode(chosen | {'before': shown[-1].id})}"
    return render(
        request,
        "feed.html",
        entries=shown,
        wanted=wanted,
        kinds=_KINDS,
        stream=f"/feed/stream?{urlencode(chosen | {'after': newest})}",
        first=f"/feed?{urlencode(chosen)}" if "before" in request.query_params else None,
        following=following,
    )


async def _stream(request: Request) -> Response:
    """Send each event as a row of the page's table, until the browser leaves."""
    given = request.headers.get("last-event-id", "")  # a browser that lost the connection
    after = int(given) if is_number(given) else place(request, "after") or 0
    rows = _rows(installation_of(request), after, _wanted(request))
    return StreamingResponse(rows, media_type="text/event-stream")


async def _rows(installation: Installation, after: int, wanted: FeedFilter) -> AsyncIterator[str]:
    told: set[int] = set()
    newest = after
    yield "retry: 2000\n\n"
    for _ in range(_MOST_READINGS):
        latest = await installation.read(last_event)
        since = max(after, newest - _OVERLAP)
        entries = await installation.read(events_since, since, wanted, _AT_ONCE)
        for entry in entries:
            if entry.id not in told:
                yield _event(entry)
        newest = max([newest, *(entry.id for entry in entries)])
        if len(entries) < _AT_ONCE:  # nothing that was not read matches
            newest = max(newest, latest)
        told = {entry.id for entry in entries}
        await asyncio.sleep(_PAUSE_SECONDS)


def _event(entry: FeedEntry) -> str:
    row = json.dumps(fill("feed_row.html", entry=entry))
    return f"id: {entry.id}\ndata: {row}\n\n"


def _wanted(request: Request) -> FeedFilter:
    query = request.query_params
    return FeedFilter(
        campaign=text(query, "campaign"),
        event=text(query, "event"),
        channel=text(query, "channel"),
        sender=viewer_of(request).sender,
    )
