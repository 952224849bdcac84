"""Ways to get no more mail: signed links, and addresses that take requests by mail.

A link names one message by its person's random key and its step: no address, no campaign. It is
signed, so that what was made up costs no look into the ledger; it never expires, since people
keep mails for years.
"""

import base64
from dataclasses import dataclass
from urllib.parse import quote

from postroad.secrets import SecretBox
from postroad.signed_tokens import NamedMessage, Signer
from postroad.verp import verp_token

PAGE = "/u"
"""Where links lead, below the organisation's public URL."""

_PURPOSE = b"postroad unsubscribe links"
_LENGTH = 42
"""Characters of a token: 26 bytes in base 32, without padding."""
_PADDING = "=" * 6


class UnsubscribeTokens:
    """Makes and reads the tokens of links: lower-case letters and digits, whatever the person."""

    def __init__(self, secrets: SecretBox) -> None:
        """Derive the keys from the installation's; a former one still reads what it made."""
        self._signer = Signer(secrets.keys_for(_PURPOSE))

    def make(self, message: NamedMessage) -> str | None:
        """Return a message's token; None where its person has no key of ours."""
        named = message.pack()
        return None if named is None else _spelled(self._signer.sign(named))

    def read(self, token: str) -> NamedMessage | None:
        """Return the message that a token names; None where none of our keys signed it."""
        signed = _unspelled(token.lower())
        named = None if signed is None else self._signer.read(signed)
        return None if named is None else NamedMessage.unpack(named)


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
