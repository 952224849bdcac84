"""The page behind the links in mails, and the one POST that unsubscribes (RFC 8058).

It needs no sign-in and no cookie: the signed token is what lets its reader in. A GET changes
nothing, since mail scanners follow links. There is nothing to slow down: what was made up costs
one signature, and a repeated request one look into the ledger. Slowing down by network address
would hit mailbox providers, which send the requests of all their users.
"""

import base64
import hashlib

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from console.installation import Installation, installation_of
from console.rendering import STATIC, fill
from console.unsubscribing_words import words_for
from console.waking import wake_sequences
from operations.clock import now
from postroad.ledger.opting_out import OptOut, opt_out
from postroad.ledger.unsubscribing import Reader, find_reader
from postroad.signed_tokens import NamedMessage
from postroad.unsubscribe_links import PAGE, UnsubscribeTokens

_STYLE = (STATIC / "unsubscribing.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    # The page brings its style along: whoever publishes it need not publish the console's files.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def routes() -> list[BaseRoute]:
    """Return the routes below `/u`."""
    return [
        Route(f"{PAGE}/{{token}}", _ask, methods=["GET"]),
        Route(f"{PAGE}/{{token}}", _unsubscribe, methods=["POST"]),
    ]


async def _ask(request: Request) -> Response:
    """Show whom the link is about, and the button."""
    found = await _found(request)
    if found is None:
        return _page(request, None, 404)
    _, reader = found
    return _page(request, reader, is_done=reader.has_opted_out)


async def _unsubscribe(request: Request) -> Response:
    """Suppress the reader, and answer once that is committed.

    The body is not looked at: RFC 8058 wants `List-Unsubscribe=One-Click` in it, and our own form
    sends nothing; whoever posts to a link like this wants the same.
    """
    found = await _found(request)
    if found is None:
        return _page(request, None, 404)
    message, reader = found
    is_page = "text/html" in request.headers.get("accept", "")
    wake = set[str]()
    if not reader.has_opted_out:
        opted = await installation_of(request).write(
            opt_out,
            OptOut.UNSUBSCRIBED,
            reader.address,
            now(),
            source="page" if is_page else "one-click",
            enrollment=reader.enrollment,
            position=message.position,
            channel=reader.channel,
        )
        wake = opted.wake
    response = (
        _page(request, reader, is_done=True)
        if is_page
        else PlainTextResponse("unsubscribed\n", headers=_HEADERS)
    )
    if wake:
        reason = "somebody unsubscribed"
        response.background = BackgroundTask(wake_sequences, installation_of(request), wake, reason)
    return response


async def _found(request: Request) -> tuple[NamedMessage, Reader] | None:
    """Return what a link is about; None where it leads nowhere, for whatever reason."""
    installation = installation_of(request)
    message = _tokens(installation).read(request.path_params["token"])
    if message is None:
        return None
    reader = await installation.read(find_reader, message)
    return None if reader is None else (message, reader)


def _tokens(installation: Installation) -> UnsubscribeTokens:
    return UnsubscribeTokens(installation.secrets)


def _page(
    request: Request, reader: Reader | None, status: int = 200, *, is_done: bool = False
) -> HTMLResponse:
    language, words = words_for(request.headers.get("accept-language", ""))
    filled = fill(
        "unsubscribing.html",
        language=language,
        words=words,
        style=_STYLE,
        organisation="" if reader is None else reader.organisation,
        address=None if reader is None else _masked(reader.address),
        is_done=is_done,
    )
    return HTMLResponse(filled, status, headers=_HEADERS)


def _masked(address: str) -> str:
    """Return an address as only its owner knows it again: `b•••@acme.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
