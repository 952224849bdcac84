"""A link that signs its owner in to the console once: who can read the data directory is admin."""

import hmac
import os
import secrets
from pathlib import Path

from operations.refusal import Refused

_FILE = "console.link"
LOCAL_ADMIN = "admin@localhost"
"""Who signs in with the link, in the audit log."""


def make_link(data_dir: Path, address: str) -> str:
    """Return a new link to the console at an address; a former one stops working.

    Raises:
        Refused: there is no such directory, so nothing runs on it.
    """
    if not data_dir.is_dir():
        raise Refused(f"there is no data directory {data_dir}: run `postroad up`, or set data_dir")
    token = secrets.token_urlsafe(32)
    path = data_dir / _FILE
    partial = path.with_name(f"{_FILE}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token)
    partial.replace(path)
    return f"http://{address}/sign-in/once?token={token}"


def spend_link(data_dir: Path, token: str) -> bool:
    """Whether a token is the link's; it is not any more afterwards."""
    path = data_dir / _FILE
    try:
        kept = path.read_text()
    except OSError:
        return False
    if not hmac.compare_digest(kept.encode(), token.encode("utf-8", "surrogatepass")):
        return False
    try:
        path.unlink()  # of two at once, one succeeds
    except FileNotFoundError:
        return False
    return True
