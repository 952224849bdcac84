"""What people see when a page cannot be shown."""

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console.rendering import render
from operations.failures import SAID_IN_A_SENTENCE, sentence_of

_log = structlog.get_logger(__name__)
_HEADINGS = {
    400: "That did not work",
    401: "Please sign in again",
    403: "Not allowed",
    404: "There is no such page",
    405: "There is no such page",
    429: "Too many attempts",
}


async def refused(request: Request, error: Exception) -> Response:
    """Show an HTTP error."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette passes nothing else
    heading = _HEADINGS.get(error.status_code, "That did not work")
    words = error.detail if error.status_code in _HEADINGS else ""
    if error.status_code in (404, 405):
        words = "It may have been moved, or it is not yours to see."
    response = render(request, "error.html", status=error.status_code, heading=heading, words=words)
    response.headers.update(error.headers or {})
    return response


async def failed(request: Request, error: Exception) -> Response:
    """Say what is wrong with the installation, in the sentence that commands say too."""
    _log.warning("page_failed", path=request.url.path, error=type(error).__name__)
    return render(
        request,
        "error.html",
        status=503,
        heading="Postroad cannot answer now",
        words=sentence_of(error),
    )


async def broken(request: Request, error: Exception) -> Response:
    """Show that the fault is ours; the log has the details."""
    _log.error("page_broke", path=request.url.path, error=type(error).__name__)
    return render(
        request,
        "error.html",
        status=500,
        heading="A fault of Postroad's own",
        words="The console's log says what happened.",
    )


_FAILURES: tuple[type[Exception], ...] = (SQLAlchemyError, *SAID_IN_A_SENTENCE)
HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    HTTPException: refused,
    **dict.fromkeys(_FAILURES, failed),
    Exception: broken,
}
