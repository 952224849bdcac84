"""Where other systems listen: a CRM's addresses, and what each of them wants to hear."""

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from postroad.channels.channel_settings import Endpoint
from postroad.names import Slug

TOLD = (
    "sent",
    "failed",
    "bounced",
    "soft_bounced",
    "given_up",
    "replied",
    "auto_replied",
    "unsubscribed",
    "complained",
    "opened",
    "clicked",
    "suppressed",
    "removed",
)
"""What listeners hear unless they ask for something else: what becomes of people and messages."""

_PREFIX = "whsec_"
_SHORTEST = 24
"""Bytes of a secret; standardwebhooks.com asks for 24 to 64."""


def _check_secret(secret: SecretStr) -> SecretStr:
    try:
        key = signing_key(secret.get_secret_value())
    except ValueError:
        raise ValueError("must be base64, with or without whsec_ in front") from None
    if len(key) < _SHORTEST:
        raise ValueError(
            f"must have at least {_SHORTEST} bytes: `openssl rand -base64 32` makes one"
        )
    return secret


def _check_events(events: tuple[str, ...]) -> tuple[str, ...]:
    if not events:
        raise ValueError("must name at least one event")
    return tuple(dict.fromkeys(events))


def signing_key(secret: str) -> bytes:
    """Return the key that a secret stands for.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


class WebhookSettings(BaseModel):
    """One address that events are posted to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Slug
    url: Endpoint
    secret: Annotated[SecretStr, AfterValidator(_check_secret)]
    """Signs every request (standardwebhooks.com), so that the listener knows who it is from."""
    events: Annotated[tuple[str, ...], AfterValidator(_check_events)] = TOLD
    campaigns: tuple[str, ...] = ()
    """Only events of these; none are all."""
