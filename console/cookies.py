"""The console's cookies: none can be read by scripts, none travels from other sites' forms."""

import secrets
from typing import Literal

from starlette.requests import HTTPConnection
from starlette.responses import Response

SESSION = "postroad_session"
VISIT = "postroad_visit"
"""Tells one browser's sign-in form from another's, before anybody is signed in."""
NOTICE = "postroad_notice"

_VISIT_BYTES = 32


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the browser came over TLS; a proxy in front of us says so."""
    return connection.url.scheme in ("https", "wss")


def set_cookie(
    connection: HTTPConnection,
    response: Response,
    name: str,
    value: str,
    *,
    seconds: int | None = None,
    same_site: Literal["lax", "strict"] = "lax",
) -> None:
    """Give the browser a cookie; without a time it lasts until the browser is closed."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite=same_site,
        secure=is_secure(connection),
    )  # fmt: skip


def new_token() -> str:
    """Return a value that nobody can guess."""
    return secrets.token_urlsafe(_VISIT_BYTES)
