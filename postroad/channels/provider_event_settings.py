"""How a provider pushes an SMTP channel's events, and what names the messages in them."""

import base64
import json
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from postroad.provider_events.event import KEY_ARGUMENT

_WHERE_KEY_IS = (
    "must be the verification key that SendGrid shows at Settings, Mail Settings, Event Webhooks, "
    "Signature verification"
)


class SendGridEvents(BaseModel):
    """SendGrid's Event Webhook, with signatures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sendgrid"]
    public_key: str
    """The verification key as SendGrid shows it: base64 of a SubjectPublicKeyInfo."""

    @field_validator("public_key")
    @classmethod
    def _is_key(cls, public_key: str) -> str:
        _loaded(public_key)
        return public_key

    @property
    def key(self) -> EllipticCurvePublicKey:
        """What verifies signatures."""
        return _loaded(self.public_key)

    def header(self, key: str) -> bytes:
        """Return the header with which SendGrid names a message in its events, and takes away.

        twilio.com/docs/sendgrid/for-developers/sending-email/unique-arguments.
        """
        return _header("X-SMTPAPI", {"unique_args": {KEY_ARGUMENT: key}})


class SparkPostEvents(BaseModel):
    """SparkPost's event webhook, which shows a user name and a password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sparkpost"]
    username: Annotated[str, StringConstraints(min_length=1, pattern="^[^:]+$")]
    password: Annotated[SecretStr, Field(min_length=16)]

    def header(self, key: str) -> bytes:
        """Return the header with which SparkPost names a message in its events, and takes away.

        developers.sparkpost.com/api/smtp: `metadata` comes back as `rcpt_meta`.
        """
        return _header("X-MSYS-API", {"metadata": {KEY_ARGUMENT: key}})


EventSettings = Annotated[SendGridEvents | SparkPostEvents, Field(discriminator="kind")]
"""Who pushes events, and how they prove that it is they."""


def _loaded(public_key: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
    except ValueError:
        raise ValueError(_WHERE_KEY_IS) from None
    if isinstance(key, EllipticCurvePublicKey):
        return key
    raise ValueError(_WHERE_KEY_IS)


def _header(name: str, arguments: dict[str, dict[str, str]]) -> bytes:
    """Return a header with JSON; a key is short, and everything outside ASCII is escaped."""
    return f"{name}: {json.dumps(arguments)}\r\n".encode()
