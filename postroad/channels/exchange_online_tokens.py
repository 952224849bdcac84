"""How an Exchange Online channel comes by its access tokens, and what they are good for."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from postroad.channels.exchange_online_settings import ExchangeOnlineSettings
from postroad.channels.tokens import (
    ClientCredentialsGrant,
    Grant,
    NoConsentGrant,
    OAuthTokens,
    RefreshTokenGrant,
)

PERMISSIONS = ("Mail.ReadWrite", "Mail.Send")
"""The least that works: drafts are made and then sent, and the mailbox is read."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of itself; it is Microsoft that decides, so nothing is verified here."""

    permissions: frozenset[str]
    """Roles of an application, or scopes that a person consented to."""
    person: str
    """Who consented; empty where it is an application's own."""

    @property
    def missing(self) -> list[str]:
        """The permissions we need that the token does not name."""
        return [name for name in PERMISSIONS if name not in self.permissions]


def microsoft_tokens(
    settings: ExchangeOnlineSettings, rotated: Callable[[str], Awaitable[None]]
) -> OAuthTokens:
    """Return where the tokens of a mailbox come from; nothing is asked for yet.

    Args:
        settings: the channel's settings.
        rotated: told when Microsoft replaces the refresh token, as it does on every use.
    """
    authority = settings.authority.rstrip("/")
    endpoint = f"{authority}/{settings.credentials.tenant}/oauth2/v2.0/token"
    return OAuthTokens(endpoint, _grant(settings, rotated), settings.timeout)


def claims_of(token: str) -> Claims | None:
    """Return what a token says of itself; None where it is not one that can be read."""
    try:
        middle = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        roles = {str(role) for role in said.get("roles", ())}
        scopes = set(str(said.get("scp", "")).split())
        person = str(said.get("upn") or said.get("preferred_username") or "")
    except (AttributeError, LookupError, TypeError, ValueError):
        return None
    return Claims(frozenset(roles | scopes), person)


def _grant(settings: ExchangeOnlineSettings, rotated: Callable[[str], Awaitable[None]]) -> Grant:
    given = settings.credentials
    secret = "" if given.client_secret is None else given.client_secret.get_secret_value()
    if not settings.delegated:
        scope = f"{_resource(settings.endpoint)}/.default"
        return ClientCredentialsGrant(given.client_id, secret, scope)
    if given.refresh_token is None:
        return NoConsentGrant()
    client: dict[str, Any] = {"client_id": given.client_id}
    if secret:
        client["client_secret"] = secret
    return RefreshTokenGrant(client, given.refresh_token.get_secret_value(), rotated)


def _resource(endpoint: str) -> str:
    """Return the interface that a token is for: its address without the version."""
    return endpoint.rstrip("/").rsplit("/", 1)[0]
