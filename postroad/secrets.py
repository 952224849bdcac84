"""Encrypting credentials before they are stored, with keys that can be replaced.

The tokens are Fernet's (AES-128-CBC with HMAC-SHA-256, from the cryptography package). A secret
key is either a Fernet key, used as it is, or any other text, which scrypt makes into one: the
cost of guessing a short text is scrypt's.
"""

import base64
import json
import os
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from postroad.settings import Settings

KEY_FILE = "secret.key"

_SHORTEST_KEY = 16
_SALT = b"postroad secret key"
"""The same everywhere, so that two machines with one secret key can read one ledger."""
_FERNET_KEY_BYTES = 32


class SecretKeyError(ValueError):
    """The secret key is missing, too weak, or not the one that encrypted; never shows a key."""


class SecretBox:
    """Encrypts and decrypts credentials."""

    def __init__(self, secret_key: str) -> None:
        """Prepare the keys.

        Args:
            secret_key: one key, or several with commas between them: the first one encrypts,
                all of them decrypt, so that a key can be replaced.

        Raises:
            SecretKeyError: no key, or one of fewer than 16 characters.
        """
        keys = [key.strip() for key in secret_key.split(",") if key.strip()]
        if not keys:
            raise SecretKeyError("secret_key is empty: set POSTROAD_SECRET_KEY")
        if any(len(key) < _SHORTEST_KEY for key in keys):
            raise SecretKeyError(f"secret_key must have at least {_SHORTEST_KEY} characters")
        self._roots = [_fernet_key(key) for key in keys]
        fernets = [Fernet(root) for root in self._roots]
        self._first = fernets[0]
        self._fernet = MultiFernet(fernets)

    def keys_for(self, purpose: bytes) -> list[bytes]:
        """Return keys of their own for something else: the first one signs, all of them verify."""
        return [
            HKDF(SHA256(), length=32, salt=None, info=purpose).derive(root) for root in self._roots
        ]

    def encrypt(self, secrets: dict[str, str]) -> str:
        """Return a token that hides the secrets."""
        return self._fernet.encrypt(json.dumps(secrets, sort_keys=True).encode()).decode()

    def renew(self, token: str) -> str:
        """Return the token, or one made with the first key where it was made with another.

        Raises:
            SecretKeyError: none of the keys made this token.
        """
        try:
            self._first.decrypt(token.encode())
        except InvalidToken:
            return self.encrypt(self.decrypt(token))
        return token

    def decrypt(self, token: str) -> dict[str, str]:
        """Return the secrets of a token.

        Raises:
            SecretKeyError: none of the keys made this token.
        """
        try:
            secrets: dict[str, str] = json.loads(self._fernet.decrypt(token.encode()))
        except InvalidToken:
            raise SecretKeyError(
                "secret_key is not the one that the stored credentials were encrypted with: "
                "set the former key, or apply the workspace file again"
            ) from None
        return secrets

    def seal(self, content: bytes) -> bytes:
        """Return a token that hides some content."""
        return self._fernet.encrypt(content)

    def unseal(self, token: bytes) -> bytes:
        """Return the content of a token.

        Raises:
            SecretKeyError: none of the keys made this token.
        """
        try:
            return self._fernet.decrypt(token)
        except InvalidToken:
            raise SecretKeyError("secret_key is not the one that this was sealed with") from None


def secret_box(settings: Settings) -> SecretBox:
    """Return the box that the settings' key opens.

    A ledger in a SQLite file is this machine's alone: where no key is set, one is made up and
    kept in the data directory. Any other ledger is shared, and so must its key be.

    Raises:
        SecretKeyError: no key for a shared ledger, or a weak one.
    """
    if settings.secret_key is not None:
        return SecretBox(settings.secret_key.get_secret_value())
    if settings.ledger.url.startswith("sqlite"):
        return SecretBox(_kept_secret_key(settings.data_dir / KEY_FILE))
    raise SecretKeyError(
        "a ledger on PostgreSQL needs a secret_key, the same on every machine: set "
        "POSTROAD_SECRET_KEY, for instance to what `openssl rand -base64 32` prints"
    )


def _kept_secret_key(path: Path) -> str:
    """Return the key in a file; a new one is put there first where the file is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    complete = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(complete, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(Fernet.generate_key().decode())
        try:
            os.link(complete, path)  # never replaces the key of whoever came first
        except FileExistsError:
            pass
        finally:
            complete.unlink()
    return path.read_text().strip()


@lru_cache(maxsize=16)
def _fernet_key(key: str) -> bytes:
    """Return a Fernet key as it is, and any other text after scrypt (RFC 7914)."""
    try:
        if len(base64.urlsafe_b64decode(key)) == _FERNET_KEY_BYTES:
            return key.encode()
    except ValueError:
        pass
    stretched = Scrypt(salt=_SALT, length=_FERNET_KEY_BYTES, n=2**14, r=8, p=1)
    return base64.urlsafe_b64encode(stretched.derive(key.encode()))
