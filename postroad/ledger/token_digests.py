"""What the ledger keeps of a token that opens something: enough to know it again."""

import hashlib


def digest_of(token: str) -> str:
    """Return a random token's SHA-256; it is too long to be guessed, so that no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
