"""Turning an author's Markdown into HTML once, with its template tags left as they are.

People's data never meets the Markdown parser: it is filled in afterwards and escaped, so that a
name made of asterisks or angle brackets stays the text it is.

A line of `{% … %}` alone stands between paragraphs, lists and tables, never inside one: whatever
a condition leaves out, the HTML stays balanced.
"""

import re

from markdown_it import MarkdownIt

from postroad.campaign.template_tags import MARK, HiddenTags

_LINE_OF_MARKS = rf"[ \t]*(?:{MARK}[ \t]*)+"
_MARKS_ALONE = re.compile(f"^{_LINE_OF_MARKS}$", re.MULTILINE)
_COMMENTED = re.compile(f"(?:<!--|&lt;!--)({_LINE_OF_MARKS})(?:-->|--&gt;)")

# Authors are the company's own people: their raw HTML is theirs to write.
_PARSER = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(
    ["table", "strikethrough"]
)

# What is rewritten for one person holds that person's data, which is never HTML.
_LITERAL = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)


def written_to_html(text: str) -> str:
    """Return the HTML of what somebody wrote in Markdown; HTML in it is shown as it is typed."""
    html: str = _LITERAL.render(text)
    return html


def markdown_to_html(source: str) -> str:
    """Return the HTML of a Markdown template; its `{{ … }}` and `{% … %}` tags are untouched."""
    tags = HiddenTags()

    def set_apart(match: re.Match[str]) -> str:
        # A comment is a block of its own; at the line's beginning it ends every block before it.
        return match[0] if tags.writes(match[0]) else f"<!--{match[0]}-->"

    html = _PARSER.render(_MARKS_ALONE.sub(set_apart, tags.hide(source)))
    return tags.put_back(_COMMENTED.sub(r"\1", html))
