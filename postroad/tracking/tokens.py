"""The signed tokens in tracked mails: whose image it is, and where a link leads.

A link's token holds its target, so that it leads there for ever: whatever becomes of the step's
text, the campaign and the ledger. Nobody without our key can make one, so that our domain never
redirects to where we did not link to ourselves.
"""

import base64
import binascii
from dataclasses import dataclass

from postroad.secrets import SecretBox
from postroad.signed_tokens import NAMED_BYTES, NamedMessage, Signer

LONGEST_TARGET = 1_400
"""Bytes of a link that is tracked: in its token they stay under the 2,083 characters that older
Windows programs take."""

_OPENS = b"postroad tracking: opens"
_CLICKS = b"postroad tracking: clicks"
_LONGEST_TOKEN = 2_000


@dataclass(frozen=True, slots=True)
class Click:
    """What a tracked link says."""

    message: NamedMessage
    target: str
    """The address that its author wrote."""


class TrackingTokens:
    """Makes and reads the tokens of images and links."""

    def __init__(self, secrets: SecretBox) -> None:
        """Derive the keys from the installation's; a former one still reads what it made."""
        self._opens = Signer(secrets.keys_for(_OPENS))
        self._clicks = Signer(secrets.keys_for(_CLICKS))

    def of_image(self, message: NamedMessage) -> str | None:
        """Return the token of a message's image; None where its person has no key of ours."""
        named = message.pack()
        return None if named is None else _spelled(self._opens.sign(named))

    def of_link(self, message: NamedMessage, target: str) -> str | None:
        """Return a link's token; None where the link is too long, or the person has no key."""
        named, address = message.pack(), target.encode("utf-8", "replace")
        if named is None or len(address) > LONGEST_TARGET:
            return None
        return _spelled(self._clicks.sign(named + address))

    def read_image(self, token: str) -> NamedMessage | None:
        """Return the message whose image it is; None where none of our keys signed it."""
        named = self._opens.read(_unspelled(token))
        return None if named is None else NamedMessage.unpack(named)

    def read_link(self, token: str) -> Click | None:
        """Return what a link says; None where none of our keys signed it."""
        content = self._clicks.read(_unspelled(token))
        if content is None:
            return None
        return Click(NamedMessage.unpack(content[:NAMED_BYTES]), content[NAMED_BYTES:].decode())


def _spelled(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _unspelled(token: str) -> bytes:
    """Return what a token spells; nothing where it is no token, which nobody signed."""
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return b""
    try:
        content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return b""
    return content if _spelled(content) == token else b""
