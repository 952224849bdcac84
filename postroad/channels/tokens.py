"""OAuth 2 access tokens: fetched when they are needed, once for everybody who waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx
import jwt

from postroad.channels.base import (
    AuthorisationLost,
    ChannelError,
    Misconfigured,
    RateLimited,
    Transient,
)

_SPARE_SECONDS = 60.0
_DEFAULT_LIFE = 3_600.0
_ASSERTION_SECONDS = 3_600
_LONGEST_WAIT = 7 * 86_400
_LOST = ("invalid_grant", "interaction_required", "login_required", "consent_required")


class TokenSource(Protocol):
    """Where a channel's access tokens come from."""

    async def token(self, *, refused: str | None = None) -> str:
        """Return a token that is good for a minute at least.

        Args:
            refused: the token that a provider just answered 401 to; another one is fetched,
                unless somebody else did so meanwhile.

        Raises:
            ChannelError: there is none to be had; nothing left.
        """
        ...


class Grant(Protocol):
    """What is shown to the token endpoint (RFC 6749, 4)."""

    def form(self) -> Mapping[str, str]:
        """Return the fields of the request."""
        ...

    async def keep(self, answer: Mapping[str, Any]) -> None:
        """Remember what the answer says for the next time."""
        ...


class RefreshTokenGrant:
    """One person's consent (RFC 6749, 6). A new refresh token replaces the old one."""

    def __init__(
        self,
        client: Mapping[str, str],
        refresh_token: str,
        rotated: Callable[[str], Awaitable[None]],
    ) -> None:
        """Prepare the grant.

        Args:
            client: client_id, and client_secret or scope where the provider wants them.
            refresh_token: the latest one.
            rotated: stores a new one for other workers and the next start.
        """
        self._client = client
        self._refresh_token = refresh_token
        self._rotated = rotated

    def form(self) -> Mapping[str, str]:
        """Return the fields of the request."""
        return {
            **self._client,
            "grant_type": "refresh_token",
            "refresh_token": self._refresh_token,
        }

    async def keep(self, answer: Mapping[str, Any]) -> None:
        """Store the refresh token where it is another one."""
        new = answer.get("refresh_token")
        if isinstance(new, str) and new and new != self._refresh_token:
            self._refresh_token = new
            await self._rotated(new)


class NoConsentGrant:
    """A person who has not consented yet: there is nothing to show."""

    def form(self) -> Mapping[str, str]:
        """Refuse: only the person can help.

        Raises:
            AuthorisationLost: always.
        """
        raise AuthorisationLost(
            "nobody has consented to this channel yet: `postroad channel connect` asks for it"
        )

    async def keep(self, answer: Mapping[str, Any]) -> None:
        """Nothing needs to be remembered."""


class ClientCredentialsGrant:
    """An application in its own name (RFC 6749, 4.4)."""

    def __init__(self, client_id: str, client_secret: str, scope: str) -> None:
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": scope,
        }

    def form(self) -> Mapping[str, str]:
        """Return the fields of the request."""
        return self._form

    async def keep(self, answer: Mapping[str, Any]) -> None:
        """Nothing needs to be remembered."""


class ServiceAccountGrant:
    """A Google service account that acts for a person of its domain (RFC 7523)."""

    def __init__(self, key: Mapping[str, Any], audience: str, subject: str, scope: str) -> None:
        """Prepare the grant.

        Args:
            key: the service account's JSON key.
            audience: the token endpoint.
            subject: the address of the mailbox.
            scope: what is asked for.
        """
        self._key = key
        self._claims = {
            "iss": key["client_email"],
            "sub": subject,
            "aud": audience,
            "scope": scope,
        }

    def form(self) -> Mapping[str, str]:
        """Return the fields of the request, newly signed.

        Raises:
            Misconfigured: the key cannot sign.
        """
        now = int(time.time())
        claims = {**self._claims, "iat": now, "exp": now + _ASSERTION_SECONDS}
        headers = {"kid": str(self._key.get("private_key_id", ""))}
        try:
            assertion = jwt.encode(claims, self._key["private_key"], "RS256", headers)
        except (KeyError, TypeError, ValueError, jwt.PyJWTError):
            raise Misconfigured("the service account's private_key is no RSA key in PEM") from None
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": assertion,
        }

    async def keep(self, answer: Mapping[str, Any]) -> None:
        """Nothing needs to be remembered."""


class OAuthTokens:
    """Tokens of one token endpoint; however many ask at once, one request answers them all."""

    def __init__(self, endpoint: str, grant: Grant, timeout: timedelta) -> None:
        self._endpoint = endpoint
        self._grant = grant
        self._timeout = timeout.total_seconds()
        self._lock = asyncio.Lock()
        self._token = ""
        self._good_until = 0.0
        self._failure: ChannelError | None = None
        self._failures = 0
        self.scopes: frozenset[str] | None = None
        """What the latest token is good for, where the endpoint said (RFC 6749, 5.1)."""

    async def token(self, *, refused: str | None = None) -> str:
        """Return a token that is good for a minute at least: see TokenSource."""
        asked_before = self._failures
        async with self._lock:
            if self._token == refused or time.monotonic() >= self._good_until:
                if self._failure is not None and self._failures > asked_before:
                    raise self._failure  # of the request that we waited for
                await self._fetch()
            return self._token

    async def _fetch(self) -> None:
        try:
            await self._fetch_once()
        except ChannelError as failure:
            self._failure = failure
            self._failures += 1
            raise

    async def _fetch_once(self) -> None:
        answer = await self._ask()
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise Transient("the token endpoint answered without an access_token")
        await self._grant.keep(answer)
        self._token = token
        self._good_until = time.monotonic() + _life(answer) - _SPARE_SECONDS
        scope = answer.get("scope")
        self.scopes = frozenset(scope.split()) if isinstance(scope, str) else None

    async def _ask(self) -> Mapping[str, Any]:
        form = self._grant.form()
        try:
            async with (
                asyncio.timeout(self._timeout),
                httpx.AsyncClient(timeout=self._timeout, trust_env=False) as client,
            ):
                answer = await client.post(self._endpoint, data=form)
        except (httpx.HTTPError, TimeoutError) as error:
            words = f"the token endpoint cannot be reached: {str(error) or type(error).__name__}"
            raise Transient(words) from None
        found = _json_object(answer)
        if answer.status_code != httpx.codes.OK:
            raise _refusal(answer, found)
        return found


def _life(answer: Mapping[str, Any]) -> float:
    try:
        return max(2 * _SPARE_SECONDS, float(answer.get("expires_in", _DEFAULT_LIFE)))
    except (TypeError, ValueError):
        return _DEFAULT_LIFE


def _json_object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(answer: httpx.Response, found: Mapping[str, Any]) -> ChannelError:
    """Map a refusal (RFC 6749, 5.2) to what it means."""
    code = answer.status_code
    error = str(found.get("error", ""))
    words = f"no access token: {error or code} {found.get('error_description', '')}"
    if error in _LOST:
        return AuthorisationLost(words, code=code)
    if code == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited(words, code=code, retry_after=seconds_of(answer.headers))
    if answer.is_server_error or error == "temporarily_unavailable":
        return Transient(words, code=code, retry_after=seconds_of(answer.headers))
    return Misconfigured(words, code=code)


def seconds_of(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait that a Retry-After header asks for (RFC 9110, 10.2.3).

    A date is counted from the answer's own Date: the provider's clock need not be ours.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return timedelta(seconds=min(int(value[:9]), _LONGEST_WAIT))
    try:
        return max(parsedate_to_datetime(value) - answered_at(headers), timedelta(0))
    except (TypeError, ValueError):
        return None


def answered_at(headers: Mapping[str, str]) -> datetime:
    """Return when an answer was made by the provider's clock (RFC 9110, 6.6.1), else by ours."""
    try:
        at = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return datetime.now(UTC)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


async def forget(_: str) -> None:
    """Keep a new refresh token in memory only."""
