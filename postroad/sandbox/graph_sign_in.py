"""Microsoft's side of signing in: tokens that can be read, and codes that people type.

learn.microsoft.com/entra/identity-platform has the endpoints and the claims.
"""

import secrets
import time
from collections.abc import Callable

import jwt
from aiohttp import web

from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.token_endpoint import add_token_routes

_TENANT = "/{tenant}/oauth2/v2.0"
_PAGE = "/devicelogin"
_LIFE = 900
_INTERVAL = 1
"""Microsoft asks for five seconds between polls; nobody waits that long for a sandbox."""


def add_sign_in(app: web.Application, provider: MailboxProvider) -> None:
    """Serve the token endpoint, the authorisation page and the two of device codes."""
    tokens = provider.tokens
    tokens.scope = tokens.scope or "Mail.ReadWrite Mail.Send"
    tokens.rotates, tokens.retires = True, False
    tokens.mint = _minter(provider)
    add_token_routes(app, provider, token=f"{_TENANT}/token", authorise=f"{_TENANT}/authorize")

    async def begin(request: web.Request) -> web.Response:
        provider.requests["POST devicecode"] += 1
        client_id = str((await request.post()).get("client_id", ""))
        if client_id not in provider.config.clients:
            return web.json_response({"error": "unauthorized_client"}, status=400)
        device_code, user_code = tokens.begin_device(client_id)
        page = str(request.url.with_path(_PAGE).with_query(None))
        return web.json_response(
            {
                "device_code": device_code,
                "user_code": user_code,
                "verification_uri": page,
                "expires_in": _LIFE,
                "interval": _INTERVAL,
                "message": f"To sign in, open {page} and enter the code {user_code}.",
            }
        )

    async def decide(request: web.Request) -> web.Response:
        """Take a person's decision: `code`, and `mailbox` where they agree."""
        form = await request.post()
        mailbox = provider.mailbox(str(form.get("mailbox", "")))
        agreed = None if mailbox is None else mailbox.address
        found = tokens.decide_device(str(form.get("code", "")), agreed)
        return web.Response(status=200 if found else 404)

    app.router.add_post(f"{_TENANT}/devicecode", begin)
    app.router.add_post(_PAGE, decide)


def _minter(provider: MailboxProvider) -> Callable[[str | None], str]:
    key = secrets.token_hex(32)

    def mint(mailbox: str | None) -> str:
        scope = provider.tokens.scope
        who = {"roles": scope.split()} if mailbox is None else {"scp": scope, "upn": mailbox}
        claims = {"aud": "https://graph.microsoft.com", "iat": int(time.time()), **who}
        return jwt.encode({**claims, "uti": secrets.token_urlsafe(8)}, key, "HS256")

    return mint
