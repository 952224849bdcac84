"""How times, numbers and states are put on pages."""

from datetime import datetime

from markupsafe import Markup


def moment_element(at: datetime | None, *, missing: str = "–") -> Markup | str:
    """Return a time in UTC; the page's script shows it in the reader's own time zone."""
    if at is None:
        return missing
    words = at.strftime("%d %b %Y, %H:%M:%S UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="milliseconds"), words, at.strftime("%d %b %H:%M")
    )


def number(value: int) -> str:
    """Return `12,345`."""
    return f"{value:,}"


def rate(part: int, whole: int) -> str:
    """Return `3.2 %`; a dash where there is nothing to divide."""
    if not whole:
        return "–"
    return f"{100 * part / whole:.1f} %"


def words(name: str) -> str:
    """Return an event's or a state's name as people write it: `soft_bounced` → `soft bounced`."""
    return name.replace("_", " ")


def with_commands(sentence: str) -> Markup:
    """Return a sentence whose commands, written between backticks, are set as code."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:  # a backtick without its other one
        return Markup("{}").format(sentence)
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if number % 2 else part for number, part in enumerate(parts)
    )
