"""How a Gmail channel comes by its access tokens, and what they must be good for."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from postroad.channels.gmail_settings import GmailSettings
from postroad.channels.tokens import (
    Grant,
    NoConsentGrant,
    OAuthTokens,
    RefreshTokenGrant,
    ServiceAccountGrant,
)

_SEND = "https://www.googleapis.com/auth/gmail.send"
_READ = "https://www.googleapis.com/auth/gmail.readonly"
_MODIFY = "https://www.googleapis.com/auth/gmail.modify"
_FULL = "https://mail.google.com/"

SCOPES = (_SEND, _READ)
"""The least that works: sending, and reading what comes back and what was sent."""

_WAYS_TO_SEND = frozenset({_SEND, "https://www.googleapis.com/auth/gmail.compose", _MODIFY, _FULL})
_WAYS_TO_READ = frozenset({_READ, _MODIFY, _FULL})


def missing_scopes(granted: frozenset[str]) -> list[str]:
    """Return which of the scopes we need nothing that was granted makes up for."""
    needed = ((_SEND, _WAYS_TO_SEND), (_READ, _WAYS_TO_READ))
    return [scope for scope, ways in needed if not ways & granted]


def gmail_tokens(
    settings: GmailSettings, address: str, rotated: Callable[[str], Awaitable[None]]
) -> OAuthTokens:
    """Return where the tokens of a mailbox come from; nothing is asked for yet.

    Args:
        settings: the channel's settings.
        address: the mailbox.
        rotated: told when Google replaces the refresh token.
    """
    grant = _grant(settings, address, rotated)
    return OAuthTokens(settings.token_endpoint, grant, settings.timeout)


def _grant(
    settings: GmailSettings, address: str, rotated: Callable[[str], Awaitable[None]]
) -> Grant:
    given = settings.credentials
    if given.service_account is not None:
        key: dict[str, Any] = json.loads(given.service_account.get_secret_value())
        return ServiceAccountGrant(key, settings.token_endpoint, address, " ".join(SCOPES))
    if given.refresh_token is None or given.client_id is None or given.client_secret is None:
        return NoConsentGrant()
    client = {"client_id": given.client_id, "client_secret": given.client_secret.get_secret_value()}
    return RefreshTokenGrant(client, given.refresh_token.get_secret_value(), rotated)
