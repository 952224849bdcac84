"""Passwords of the console's users: Argon2id, with the library's recommended parameters."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from operations.refusal import Refused

SHORTEST = 12
_LONGEST = 1_000


def hash_password(password: str) -> str:
    """Return what the ledger keeps of a password.

    Raises:
        Refused: it is too short, or absurdly long.
    """
    if not SHORTEST <= len(password) <= _LONGEST:
        raise Refused(f"a password has at least {SHORTEST} characters, and at most {_LONGEST}")
    return _hasher().hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one that was hashed.

    Without a hash the answer is no, after the same time: who measures learns no account's name.
    """
    try:
        _hasher().verify(password_hash or _hash_of_nothing(), password[:_LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _hash_of_nothing() -> str:
    return _hasher().hash("")
