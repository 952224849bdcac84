"""What the tokens in mails are made of: the message they name, and the signature that guards it."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

NAMED_BYTES = 10
"""A person's key, and the position of a step."""

_PERSON_KEY = re.compile(r"[0-9a-f]{16}")
_KEY_BYTES = 8
_SIGNATURE_BYTES = 16
_MOST_STEPS = 1 << 16


@dataclass(frozen=True, slots=True)
class NamedMessage:
    """The message that a link is in."""

    person_key: str
    position: int
    """Of its step."""

    def pack(self) -> bytes | None:
        """Return it in `NAMED_BYTES` bytes; None where its person has no key of ours."""
        if not _PERSON_KEY.fullmatch(self.person_key) or self.position >= _MOST_STEPS:
            return None
        return bytes.fromhex(self.person_key) + self.position.to_bytes(2, "big")

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Return what `pack` made these bytes of."""
        return cls(packed[:_KEY_BYTES].hex(), int.from_bytes(packed[_KEY_BYTES:], "big"))


class Signer:
    """Signs what tokens say."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Sign with the first of the keys; each of them reads what it signed."""
        self._keys = keys

    def sign(self, content: bytes) -> bytes:
        """Return a content with its signature behind it."""
        return content + _signature(self._keys[0], content)

    def read(self, signed: bytes) -> bytes | None:
        """Return the content; None where none of our keys signed it."""
        content, signature = signed[:-_SIGNATURE_BYTES], signed[-_SIGNATURE_BYTES:]
        matches = [hmac.compare_digest(_signature(key, content), signature) for key in self._keys]
        return content if any(matches) else None


def _signature(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)[:_SIGNATURE_BYTES]
