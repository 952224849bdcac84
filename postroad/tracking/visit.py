"""A visit: somebody fetched a mail's image, or followed one of its links."""

from dataclasses import dataclass

from postroad.signed_tokens import NamedMessage


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as it is told, before it is known what else happened at the same time."""

    message: NamedMessage
    at: int
    machine: str
    """Which machine it was, by what it said of itself; empty for what may be a person."""
    target: str | None = None
    """Where the link leads; None for an image."""
