"""What somebody reads of an HTML mail; quick, and safe on any text."""

import html
import re

_SILENT = re.compile(r"<(style|script|title|head)\b", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|hr|/?(?:p|div|tr|h[1-6]|li|table|pre|blockquote))\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,3000}>")
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")


def html_to_text(source: str) -> str:
    """Return the text of an HTML document, a line for each block."""
    flat = _without_silent(source).replace("\n", " ")
    text = _TAG.sub(" ", _BREAK.sub(lambda tag: "\n" + tag[0], flat))
    lines = (line.strip() for line in _SPACES.sub(" ", html.unescape(text)).split("\n"))
    return "\n".join(lines)


def _without_silent(source: str) -> str:
    """Cut out elements that are not shown; an element that never ends is cut to the end."""
    kept: list[str] = []
    place = 0
    lower = source.lower()
    while found := _SILENT.search(source, place):
        kept.append(source[place : found.start()])
        end = lower.find(f"</{found[1].lower()}", found.end())
        place = len(source) if end < 0 else end
        if end >= 0:
            place = source.find(">", end) + 1 or len(source)
    kept.append(source[place:])
    return " ".join(kept)
