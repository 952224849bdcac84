"""Headers that keep browsers from doing more with our pages than showing them."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_PAGES_CACHE = ("Cache-Control", "no-store")
_FILES_CACHE = ("Cache-Control", "public, max-age=31536000, immutable")
"""A static file's address changes with its content: see console.rendering."""
_TLS_ONLY = ("Strict-Transport-Security", "max-age=31536000")


class SecurityHeaders:
    """Adds the headers to every response that does not say otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                is_file = scope["path"].startswith("/static/") and message["status"] == 200
                headers.setdefault(*_FILES_CACHE if is_file else _PAGES_CACHE)
                if scope["scheme"] == "https":
                    headers.setdefault(*_TLS_ONLY)
            await send(message)

        await self._app(scope, receive, send_with_headers)
