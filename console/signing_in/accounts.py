"""Signing in through the organisation's own accounts: OpenID Connect with PKCE, by Authlib."""

import secrets
from collections.abc import Mapping
from typing import Any

import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from joserfc.errors import JoseError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from console.cookies import is_secure
from console.forms import text
from console.installation import installation_of
from console.signing_in.arriving import arrive
from operations.opening import normalised
from operations.refusal import Refused
from postroad.ledger.users import Role
from postroad.setting_tables import OidcSettings

_FLOW_SECONDS = 600
"""How long somebody may take at the provider."""
_STRONGEST_FIRST = (Role.ADMIN, Role.MANAGER, Role.REP)
_log = structlog.get_logger(__name__)


def routes() -> list[BaseRoute]:
    """Return the way to the provider, and the way back."""
    way = [Route("/", _leave), Route("/back", _come_back, name="account_back")]
    remembered = [Middleware(_Remembered)]
    return [Mount("/sign-in/account", routes=way, middleware=remembered, name="account")]


class _Remembered:
    """Keeps one sign-in's state in a signed cookie, which over TLS travels over TLS only.

    Its key is as old as the process: whoever is on the way when the console restarts begins again.
    """

    def __init__(self, app: ASGIApp) -> None:
        key = secrets.token_urlsafe(32)
        self._over_tls, self._plain = (
            SessionMiddleware(
                app,
                secret_key=key,
                session_cookie="postroad_account",
                max_age=_FLOW_SECONDS,
                path="/sign-in/account",
                https_only=https_only,
            )
            for https_only in (True, False)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        way = self._over_tls if is_secure(HTTPConnection(scope)) else self._plain
        await way(scope, receive, send)


def role_of(claims: Mapping[str, Any], settings: OidcSettings) -> Role | None:
    """Return the strongest role that somebody's claims give them; None where they have none."""
    named = claims.get(settings.role_claim, [])
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    roles = {role for name, role in settings.roles.items() if name in names}
    if settings.default_role:
        roles.add(settings.default_role)
    return next((role for role in _STRONGEST_FIRST if role in roles), None)


async def _leave(request: Request) -> Response:
    """Send the browser to the provider."""
    request.session["next"] = text(request.query_params, "next")
    response: Response = await _provider(request).authorize_redirect(
        request, request.url_for("account:account_back")
    )
    return response


async def _come_back(request: Request) -> Response:
    """Sign in whom the provider vouches for."""
    settings = installation_of(request).settings.console.oidc
    try:
        token = await _provider(request).authorize_access_token(request)
    except (OAuthError, JoseError) as error:
        _log.warning("sign_in_refused", error=type(error).__name__)
        raise HTTPException(403, "The provider did not sign you in: begin again.") from None
    claims = token.get("userinfo") or {}
    if claims.get("email_verified") is False:
        raise HTTPException(403, "The provider has not verified your address.")
    try:
        email = normalised(str(claims.get("email", "")))
    except Refused:
        raise HTTPException(403, "The provider did not say what your address is.") from None
    role = role_of(claims, settings)
    if role is None:
        raise HTTPException(403, f"{email} has no role here: ask an admin of your accounts.")
    return await arrive(request, email, role, "account", request.session.pop("next", "/"))


def _provider(request: Request) -> StarletteOAuth2App:
    """Return the provider that the settings name; it is asked about itself once."""
    state = request.app.state
    if not hasattr(state, "accounts"):
        settings = installation_of(request).settings.console.oidc
        if not settings.issuer:
            raise HTTPException(404)
        secret = settings.client_secret
        state.accounts = OAuth().register(
            "accounts",
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=settings.client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
        )
    provider: StarletteOAuth2App = state.accounts
    return provider
