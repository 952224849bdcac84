"""The OAuth 2 endpoints of a mailbox provider, at whatever paths its kind has them.

Nobody is at the keyboard of a sandbox: its authorisation page agrees at once, for the person
that `login_hint` names, and sends the browser back with a code.
"""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from postroad.hosts import is_loopback
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.token_desk import Consent, GrantRefused

_UNKNOWN_CLIENT = ("invalid_client", "unauthorized_client")


def add_token_routes(
    app: web.Application, provider: MailboxProvider, *, token: str, authorise: str
) -> None:
    """Serve the token endpoint and the authorisation page.

    Args:
        app: the interface that they belong to.
        provider: whose tokens they give out.
        token: the path of the token endpoint (RFC 6749, 3.2).
        authorise: the path of the authorisation page (RFC 6749, 3.1).
    """

    async def give(request: web.Request) -> web.Response:
        provider.requests["POST token"] += 1
        form = {name: str(value) for name, value in (await request.post()).items()}
        if (answer := await provider.suffer(request, "token")) is not None:
            return answer
        try:
            return web.json_response(provider.tokens.redeem(form))
        except GrantRefused as refused:
            status = 401 if refused.error in _UNKNOWN_CLIENT else 400
            words = {"error": refused.error, "error_description": str(refused)}
            return web.json_response(words, status=status)

    async def ask(request: web.Request) -> web.Response:
        provider.requests["GET authorise"] += 1
        asked = request.query
        back = asked.get("redirect_uri", "")
        if not is_loopback(urlsplit(back).hostname or ""):
            return web.Response(status=400, text="Error 400: redirect_uri_mismatch")
        answer = _decide(provider, asked) | {"state": asked.get("state", "")}
        raise web.HTTPFound(f"{back}?{urlencode(answer)}")

    app.router.add_post(token, give)
    app.router.add_get(authorise, ask)


def add_revocation(app: web.Application, provider: MailboxProvider, path: str) -> None:
    """Serve the endpoint that takes tokens back (RFC 7009)."""

    async def revoke(request: web.Request) -> web.Response:
        provider.requests["POST revoke"] += 1
        given = {**request.query, **await request.post()}
        if provider.tokens.revoke_token(str(given.get("token", ""))):
            return web.json_response({})
        return web.json_response({"error": "invalid_token"}, status=400)

    app.router.add_post(path, revoke)


def _decide(provider: MailboxProvider, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the code of a consent, or why there is none (RFC 6749, 4.1.2)."""
    mailbox = provider.mailbox(asked.get("login_hint", provider.config.mailboxes[0]))
    if asked.get("client_id") not in provider.config.clients:
        return {"error": "unauthorized_client"}
    if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        return {"error": "invalid_request"}
    if mailbox is None:
        return {"error": "access_denied"}
    consent = Consent(
        mailbox=mailbox.address,
        client_id=asked["client_id"],
        redirect_uri=asked["redirect_uri"],
        challenge=asked.get("code_challenge", ""),
    )
    return {"code": provider.tokens.consent(consent)}
