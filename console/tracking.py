"""The images and links of tracked mails: answered at once, to whoever asks.

A link leads to its target whether or not the ledger can be reached: the signed token holds all
that is needed. A token that we did not sign leads nowhere. HEAD is answered and counts nothing;
people's mail programs and browsers use GET.
"""

import asyncio
import base64

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from console.visit_recording import VisitRecorder
from operations.clock import now
from postroad.signed_tokens import NamedMessage
from postroad.tracking.tokens import TrackingTokens
from postroad.tracking.tracker import IMAGE, LINK
from postroad.tracking.visit import Visit
from postroad.tracking.visitors import machine_that_says

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A transparent GIF of one pixel."""
_HEADERS = {
    "Cache-Control": "no-store, max-age=0",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}
_PATIENCE_SECONDS = 0.5
"""How long a click waits to be in the ledger before it is answered."""


def routes() -> list[BaseRoute]:
    """Return the routes below `/o` and `/l`."""
    return [
        Route(f"{IMAGE}/{{token}}.gif", _image, methods=["GET"]),
        Route(f"{LINK}/{{token}}", _follow, methods=["GET"]),
    ]


async def _image(request: Request) -> Response:
    """Answer with the image; that it was fetched is recorded afterwards."""
    message = _tokens(request).read_image(request.path_params["token"])
    if message is None:
        return _nowhere()
    _note(request, message)
    return Response(_PIXEL, media_type="image/gif", headers=_HEADERS)


async def _follow(request: Request) -> Response:
    """Lead to the link's target, once the click is recorded or the ledger takes too long."""
    click = _tokens(request).read_link(request.path_params["token"])
    if click is None:
        return _nowhere()
    noting = _note(request, click.message, click.target)
    if noting is not None:
        await asyncio.wait((noting,), timeout=_PATIENCE_SECONDS)
    return RedirectResponse(click.target, 302, headers=_HEADERS)


def _note(
    request: Request, message: NamedMessage, target: str | None = None
) -> asyncio.Task[None] | None:
    if request.method == "HEAD":
        return None
    machine = machine_that_says(request.headers, follows_link=target is not None)
    recorder: VisitRecorder = request.app.state.visits
    return recorder.note(Visit(message, now(), machine or "", target))


def _tokens(request: Request) -> TrackingTokens:
    tokens: TrackingTokens = request.app.state.tracking_tokens
    return tokens


def _nowhere() -> Response:
    return PlainTextResponse("This link leads nowhere.\n", 404, headers=_HEADERS)
