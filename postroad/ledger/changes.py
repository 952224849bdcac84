"""What applying a workspace does to one of its parts."""

from enum import StrEnum

from postroad.secrets import SecretBox, SecretKeyError


class Change(StrEnum):
    """What applying a workspace did to one of its parts."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    KEPT = "kept"
    """No longer in the file, but people were written to with it."""


def same_secrets(box: SecretBox, token: str, secrets: dict[str, str]) -> bool:
    """Whether a token hides exactly these secrets."""
    try:
        return box.decrypt(token) == secrets
    except SecretKeyError:
        return False
