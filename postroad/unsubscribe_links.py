"""Ways to get no more mail: signed links, and addresses that take requests by mail.

A link names one message by its person's random key and its step: no address, no campaign. It is
signed, so that what was made up costs no look into the ledger; it never expires, since people
keep mails for years.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote

from postroad.secrets import SecretBox
from postroad.verp import verp_token

PAGE = "/u"
"""Where links lead, below the organisation's public URL."""

_PURPOSE = b"postroad unsubscribe links"
_PERSON_KEY = re.compile(r"[0-9a-f]{16}")
_KEY_BYTES = 8
_NAMED_BYTES = _KEY_BYTES + 2
"""A person's key, and the position of a step."""
_SIGNATURE_BYTES = 16
_MOST_STEPS = 1 << 16
_LENGTH = 42
"""Characters of a token: 26 bytes in base 32, without padding."""
_PADDING = "=" * 6


@dataclass(frozen=True, slots=True)
class NamedMessage:
    """The message that a link is in."""

    person_key: str
    position: int
    """Of its step."""


class UnsubscribeTokens:
    """Makes and reads the tokens of links: lower-case letters and digits, whatever the person."""

    def __init__(self, secrets: SecretBox) -> None:
        """Derive the keys from the installation's; a former one still reads what it made."""
        self._keys = secrets.keys_for(_PURPOSE)

    def make(self, message: NamedMessage) -> str | None:
        """Return a message's token; None where its person has no key of ours."""
        if not _PERSON_KEY.fullmatch(message.person_key) or message.position >= _MOST_STEPS:
            return None
        named = bytes.fromhex(message.person_key) + message.position.to_bytes(2, "big")
        return _spelled(named + _signature(self._keys[0], named))

    def read(self, token: str) -> NamedMessage | None:
        """Return the message that a token names; None where none of our keys signed it."""
        content = _unspelled(token.lower())
        if content is None:
            return None
        named, signature = content[:_NAMED_BYTES], content[_NAMED_BYTES:]
        signed = [hmac.compare_digest(_signature(key, named), signature) for key in self._keys]
        if not any(signed):
            return None
        return NamedMessage(named[:_KEY_BYTES].hex(), int.from_bytes(named[_KEY_BYTES:], "big"))


@dataclass(frozen=True, slots=True)
class WaysOut:
    """How whoever gets the mails of one wave can say that they want no more."""

    tokens: UnsubscribeTokens
    public_url: str | None
    """Where the console is reached; None leaves links out."""
    inbox: str | None
    """An address whose mail we read; None leaves it out."""

    def link(self, message: NamedMessage) -> str | None:
        """Return the page of a message, which unsubscribes by one POST too (RFC 8058)."""
        token = None if self.public_url is None else self.tokens.make(message)
        return None if token is None else f"{self.public_url}{PAGE}/{token}"

    def mailto(self, key: str) -> str | None:
        """Return what asks for it by mail (RFC 2369, RFC 6068).

        Args:
            key: the message's X-Postroad-Message; the subject names it as return paths do.
        """
        token = None if self.inbox is None else verp_token(key)
        if self.inbox is None or token is None:
            return None
        return f"mailto:{quote(self.inbox, safe='@')}?subject=unsubscribe%20{token}"


def _signature(key: bytes, named: bytes) -> bytes:
    return hmac.digest(key, named, hashlib.sha256)[:_SIGNATURE_BYTES]


def _spelled(content: bytes) -> str:
    """Write bytes as links and mail programs leave them alone: no case, no punctuation."""
    return base64.b32encode(content).decode().rstrip("=").lower()


def _unspelled(token: str) -> bytes | None:
    if len(token) != _LENGTH or not token.isascii():
        return None
    try:
        content = base64.b32decode(token.upper() + _PADDING)
    except ValueError:
        return None
    return content if _spelled(content) == token else None
