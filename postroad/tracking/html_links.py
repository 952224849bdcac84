"""Replacing the links of an HTML mail, and leaving every other character of it as it is.

Tags are read as the HTML standard's tokenizer does (13.2.5), as far as links need it. Every tag
that begins is read to its end, or to that of the text, so that time grows with the text alone.
"""

import re
from collections.abc import Callable
from html import escape, unescape

UNTRACKED = "data-postroad-untracked"
"""The attribute of a link that stays as it is."""

_ATTRIBUTE = r"""
    [^\s/>][^\s/>=]*+
    (?:\s*+=\s*+ (?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s>"'][^\s>]*+) )?+
"""
_TAG = re.compile(
    rf"""
    <!--.*?(?:-->|\Z)
    | <(?P<raw>script|style|title|textarea|xmp|iframe|noembed|noframes)(?=[\s/>])
        .*?(?:</(?P=raw)(?=[\s/>])|\Z)
    | <(?P<name>[a-z][^\s/>]*+) (?P<attributes>(?:[\s/]++|{_ATTRIBUTE})*+) (?P<end>>|\Z)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_NAMED = re.compile(
    r"""
    (?P<name>[^\s/>][^\s/>=]*+)
    (?:\s*+=\s*+ (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s>"'][^\s>]*+)) )?+
    """,
    re.VERBOSE,
)
_LINKING = frozenset({"a", "area"})
_IGNORED = re.compile(r"[\t\n\r]")
"""What browsers drop from an address (URL standard, 4.4)."""
_AROUND = "".join(map(chr, range(0x21)))
"""What they drop around it."""


def replace_links(html: str, replacement: Callable[[str], str | None]) -> str:
    """Return the html with other targets in its links.

    Args:
        html: a document, or a part of one.
        replacement: takes a link's target as a browser would, and returns what replaces it; None
            leaves the link as it is written.
    """

    def rewrite(tag: re.Match[str]) -> str:
        if not tag["end"] or tag["name"].lower() not in _LINKING:
            return tag[0]
        start, end, target = _target(tag["attributes"])
        new = None if target is None else replacement(target)
        if new is None:
            return tag[0]
        before = tag.start("attributes") - tag.start()
        return f"{tag[0][: before + start]}{escape(new)}{tag[0][before + end :]}"

    return _TAG.sub(rewrite, html)


def _target(attributes: str) -> tuple[int, int, str | None]:
    """Return where a link's target stands, and what it is; None where there is none to replace."""
    start, end, target = 0, 0, None
    for attribute in _NAMED.finditer(attributes):
        name = attribute["name"].lower()
        if name == UNTRACKED:
            return 0, 0, None
        if name == "href" and target is None:  # the first one counts
            start, end, target = _value(attribute)
    return start, end, target


def _value(attribute: re.Match[str]) -> tuple[int, int, str | None]:
    for quoting in ("double", "single", "bare"):
        written = attribute[quoting]
        if written is not None:
            target = _IGNORED.sub("", unescape(written).strip(_AROUND))
            return *attribute.span(quoting), target
    return 0, 0, None
