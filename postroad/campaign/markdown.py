"""Turning an author's Markdown into HTML once, with its template tags left as they are.

People's data never meets the Markdown parser: it is filled in afterwards and escaped, so that a
name made of asterisks or angle brackets stays the text it is.

A line of `{% … %}` alone stands between paragraphs, lists and tables, never inside one: whatever
a condition leaves out, the HTML stays balanced.
"""

import re

from markdown_it import MarkdownIt

_QUOTED = r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' """
_TAG = re.compile(
    rf"""\{{\{{ (?:{_QUOTED}|[^"'])*? \}}\}}
       | \{{%   (?:{_QUOTED}|[^"'])*? %\}}
       | \{{\#  .*?            \#\}}""",
    re.DOTALL | re.VERBOSE,
)
_OPEN, _CLOSE = "\ue000", "\ue001"
"""Private characters around a tag's number; the parser takes them for letters."""
_MARKED = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_MARKED_IN_LINKS = re.compile("%EE%80%80(\\d+)%EE%80%81")
_LINE_OF_MARKS = rf"[ \t]*(?:{_OPEN}\d+{_CLOSE}[ \t]*)+"
_MARKS_ALONE = re.compile(f"^{_LINE_OF_MARKS}$", re.MULTILINE)
_COMMENTED = re.compile(f"(?:<!--|&lt;!--)({_LINE_OF_MARKS})(?:-->|--&gt;)")

# Authors are the company's own people: their raw HTML is theirs to write.
_PARSER = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(
    ["table", "strikethrough"]
)


def markdown_to_html(source: str) -> str:
    """Return the HTML of a Markdown template; its `{{ … }}` and `{% … %}` tags are untouched."""
    tags: list[str] = []

    def hide(match: re.Match[str]) -> str:
        tags.append(match.group())
        return f"{_OPEN}{len(tags) - 1}{_CLOSE}"

    def set_apart(match: re.Match[str]) -> str:
        numbers = _MARKED.findall(match[0])
        if any(tags[int(number)].startswith("{{") for number in numbers):
            return match[0]
        # A comment is a block of its own; at the line's beginning it ends every block before it.
        return f"<!--{match[0]}-->"

    def put_back(match: re.Match[str]) -> str:
        return tags[int(match[1])] if int(match[1]) < len(tags) else match[0]

    hidden = _TAG.sub(hide, source.replace(_OPEN, "").replace(_CLOSE, ""))
    html = _COMMENTED.sub(r"\1", _PARSER.render(_MARKS_ALONE.sub(set_apart, hidden)))
    return _MARKED.sub(put_back, _MARKED_IN_LINKS.sub(put_back, html))
