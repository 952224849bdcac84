"""Asking a person for consent, so that a channel may act for them.

The authorisation code flow for native apps: PKCE (RFC 7636), and the answer comes back to a port
of this machine (RFC 8252, 7.3) that is open only meanwhile.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from postroad.channels.channel_settings import ChannelSettings
from postroad.channels.exchange_online_settings import ExchangeOnlineSettings
from postroad.channels.exchange_online_tokens import PERMISSIONS
from postroad.channels.gmail_settings import GmailSettings
from postroad.channels.gmail_tokens import SCOPES
from postroad.channels.tokens import OAuthTokens

if TYPE_CHECKING:
    from postroad.channels.loopback import Redirection

_TOKEN_SECONDS = timedelta(seconds=30)
_OFFLINE = "offline_access"
"""What Microsoft gives a refresh token for."""


class ConsentRefused(Exception):
    """There is no consent; the message says why, and what to do."""


class NoConsentWanted(Exception):
    """The channel acts for nobody in person; the message completes a sentence about it."""


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What is asked, of whom, and where."""

    page: str
    """The URL of the authorisation page."""
    token_endpoint: str
    client: Mapping[str, str]
    """client_id, and client_secret where the application has one."""
    scope: str
    address: str
    """Who should agree."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """What else this provider wants to be told."""
    host: Literal["127.0.0.1", "localhost"] = "127.0.0.1"
    """What the provider lets this machine be called in a redirection."""

    def url(self, redirect_uri: str, state: str, verifier: str) -> str:
        """Return the address to open in a browser."""
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client["client_id"],
            "redirect_uri": redirect_uri,
            "scope": self.scope,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "login_hint": self.address,
            **self.extra,
        }
        return f"{self.page}?{urlencode(asked)}"


class AuthorisationCodeGrant:
    """What a person's consent came back as (RFC 6749, 4.1.3); it can be shown once."""

    def __init__(
        self, request: ConsentRequest, code: str, redirect_uri: str, verifier: str
    ) -> None:
        self.refresh_token = ""
        """What it was redeemed for."""
        self._form = {
            **request.client,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }

    def form(self) -> Mapping[str, str]:
        """Return the fields of the request."""
        return self._form

    async def keep(self, answer: Mapping[str, Any]) -> None:
        """Remember the refresh token."""
        self.refresh_token = str(answer.get("refresh_token") or "")


def consent_request(settings: ChannelSettings, address: str) -> ConsentRequest:
    """Return what has to be asked before a channel can act for a person.

    Args:
        settings: the channel's settings.
        address: the person's mailbox.

    Raises:
        NoConsentWanted: it acts for nobody in person.
    """
    match settings:
        case GmailSettings():
            return _of_google(settings, address)
        case ExchangeOnlineSettings():
            return _of_microsoft(settings, address)
        case _:
            raise NoConsentWanted("signs in with a user name and password, if at all")


async def ask_consent(
    request: ConsentRequest, show: Callable[[str], None], patience: timedelta
) -> str:
    """Have a person agree in their browser; return the refresh token.

    Args:
        request: what is asked.
        show: given the address to open.
        patience: how long to wait for the person.

    Raises:
        ConsentRefused: they did not agree, or not in time.
        ChannelError: the token endpoint refuses the code, or does not answer.
    """
    from postroad.channels.loopback import listen  # noqa: PLC0415 - aiohttp is slow

    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(64)
    async with listen(request.host, state) as redirection:
        show(request.url(redirection.uri, state, verifier))
        code = await _code(redirection, patience)
        grant = AuthorisationCodeGrant(request, code, redirection.uri, verifier)
    await OAuthTokens(request.token_endpoint, grant, _TOKEN_SECONDS).token()
    if not grant.refresh_token:
        raise ConsentRefused("the provider gave no refresh token: agree again, to everything")
    return grant.refresh_token


async def _code(redirection: "Redirection", patience: timedelta) -> str:
    try:
        async with asyncio.timeout(patience.total_seconds()):
            answer = await redirection.answer()
    except TimeoutError:
        minutes = round(patience.total_seconds() / 60)
        raise ConsentRefused(f"nobody agreed within {minutes} minutes: ask again") from None
    if answer.error:
        raise ConsentRefused(f"there is no consent: the provider answered {answer.error}")
    return answer.code


def _of_google(settings: GmailSettings, address: str) -> ConsentRequest:
    given = settings.credentials
    if given.client_id is None or given.client_secret is None:
        raise NoConsentWanted("signs in with a service account, for the whole domain")
    return ConsentRequest(
        page=settings.authorisation_endpoint,
        token_endpoint=settings.token_endpoint,
        client={
            "client_id": given.client_id,
            "client_secret": given.client_secret.get_secret_value(),
        },
        scope=" ".join(SCOPES),
        address=address,
        # Otherwise Google gives a refresh token only the first time that somebody agrees.
        extra={"access_type": "offline", "prompt": "consent"},
    )


def _of_microsoft(settings: ExchangeOnlineSettings, address: str) -> ConsentRequest:
    if not settings.delegated:
        raise NoConsentWanted(
            "signs in for the whole tenant; with delegated: true it would act for one person"
        )
    given = settings.credentials
    secret = given.client_secret
    base = f"{settings.authority.rstrip('/')}/{given.tenant}/oauth2/v2.0"
    return ConsentRequest(
        page=f"{base}/authorize",
        token_endpoint=f"{base}/token",
        client={
            "client_id": given.client_id,
            **({} if secret is None else {"client_secret": secret.get_secret_value()}),
        },
        scope=" ".join((_OFFLINE, *PERMISSIONS)),
        address=address,
        host="localhost",
    )
