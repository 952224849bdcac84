"""What a notice says about one recipient, before it is judged."""

from dataclasses import dataclass

from postroad.inbox.verdict import Action

WORDS_MAX = 2_000
"""Characters of an explanation that are looked at."""


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """One recipient of a notice."""

    address: str | None
    words: str = ""
    """How the machine explains it, on one line."""
    action: Action | None = None
    """None where only the whole notice says whether it failed or is delayed."""
    status: str | None = None
    """The status that is told in a field of its own."""


def explanation(text: str) -> str:
    """Return an explanation fit for judging: one line, of bounded length."""
    return " ".join(text[: 2 * WORDS_MAX].split())[:WORDS_MAX]
