"""Envelope senders that say which message a notice is about: `bounces+TOKEN@acme.com`.

Mail systems report to the envelope's sender (RFC 5321, 3.7), so an address of its own for every
message (a variable envelope return path) names the message even where a notice returns nothing
of it. The token is a subaddress (RFC 5233): the person's random key, which nobody can guess, and
a digest that tells the steps apart; hexadecimal, since some systems change the case.
"""

import hashlib
import re

_KEY = re.compile(r"[^/]+/[^/]+/([0-9a-f]{16})")
_TOKEN = re.compile(r"\+([0-9a-f]{16}-[0-9a-f]{8})@", re.IGNORECASE)
_DIGEST = 8
_LOCAL_MAX = 64
"""Characters of a local part (RFC 5321, 4.5.3.1.1)."""
LONGEST_LOCAL = _LOCAL_MAX - len("+") - 16 - len("-") - _DIGEST
"""Characters that the local part of an address may have before a token is added."""


def verp_token(key: str) -> str | None:
    """Return the token of an X-Postroad-Message; None where it names nobody's message."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    return f"{found[1]}-{hashlib.sha256(key.encode()).hexdigest()[:_DIGEST]}"


def verp_address(address: str, key: str) -> str:
    """Return an address that takes what comes back for one message alone."""
    token = verp_token(key)
    local, _, domain = address.rpartition("@")
    return address if token is None else f"{local}+{token}@{domain}"


def verp_token_in(field: str) -> str | None:
    """Return the token in a header field that names where a mail was delivered."""
    found = _TOKEN.search(field)
    return None if found is None else found[1].lower()


def person_key_of(token: str) -> str:
    """Return the person's key, which a token begins with."""
    return token.partition("-")[0]
