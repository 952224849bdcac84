"""Quoting the mail that is being followed up, as mail programs do below an answer."""

import re
from datetime import datetime
from html import escape

from postroad.campaign.template import Rendered

_INSIDE = re.compile(r"<body\b[^>]*>(.*?)(?:</body\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_END = re.compile(r"</body\s*>|</html\s*>", re.IGNORECASE)
_QUOTED = "margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex"


def attribution(sent_at: datetime, name: str, email: str) -> str:
    """Return the line above a quoted mail: who wrote it, and when by the clock of its sender."""
    writer = f"{name} <{email}>" if name else email
    return f"On {sent_at:%a %d %b %Y} at {sent_at:%H:%M}, {writer} wrote:"


def with_quotation(answer: Rendered, earlier: Rendered, line: str) -> Rendered:
    """Return a mail with an earlier one quoted below it, in the parts that it has.

    Args:
        answer: the mail.
        earlier: the one it follows up, as it was sent.
        line: what stands above the quotation: see `attribution`.
    """
    text, html = answer.text, answer.html
    if text is not None:
        text = f"{text.rstrip()}\n\n{line}\n{_marked(earlier.text or '')}\n"
    if html is not None:
        html = put_at_end(html, _block(earlier, line))
    return Rendered(answer.subject, text, html)


def _marked(text: str) -> str:
    """Return a text with the marks of a quotation (RFC 3676, 4.5)."""
    return "\n".join(f">{each}" if each.startswith(">") else f"> {each}".rstrip()
                     for each in text.rstrip().splitlines())  # fmt: skip


def _block(earlier: Rendered, line: str) -> str:
    if earlier.html is None:
        inside = escape(earlier.text or "").replace("\n", "<br>\n")
    else:
        body = _INSIDE.search(earlier.html)
        inside = body[1] if body else earlier.html
    return f'<p>{escape(line)}</p>\n<blockquote style="{_QUOTED}">\n{inside}\n</blockquote>\n'


def put_at_end(html: str, block: str) -> str:
    """Put a block before the document's end, where the html is a whole document."""
    end = _END.search(html)
    at = end.start() if end else len(html)
    return f"{html[:at]}\n{block}{html[at:]}"
