"""Turning an author's Markdown into HTML once, with its template tags left as they are.

People's data never meets the Markdown parser: it is filled in afterwards and escaped, so that a
name made of asterisks or angle brackets stays the text it is.
"""

import re

from markdown_it import MarkdownIt

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")

# Authors are the company's own people: their raw HTML is theirs to write.
_PARSER = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(
    ["table", "strikethrough"]
)


def markdown_to_html(source: str) -> str:
    """Return the HTML of a Markdown template; its `{{ … }}` and `{% … %}` tags are untouched."""
    tags: list[str] = []

    def hide(match: re.Match[str]) -> str:
        tags.append(match.group())
        return _MARK.format(len(tags) - 1)

    hidden = _TAG.sub(hide, source.replace("\ue000", "").replace("\ue001", ""))
    return _MARKED.sub(lambda match: tags[int(match.group(1))], _unquote(_PARSER.render(hidden)))


def _unquote(html: str) -> str:
    """Put back the marks where a link's address had them percent-encoded."""
    return re.sub("%EE%80%80(\\d+)%EE%80%81", "\ue000\\1\ue001", html)
