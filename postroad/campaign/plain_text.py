"""From a mail's HTML to its text and back, with its template tags left as they are."""

from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser

from postroad.campaign.template_tags import HiddenTags

_SILENT = frozenset({"head", "script", "style", "template", "title"})
_BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "br", "div", "footer", "h1", "h2", "h3", "h4", "h5",
        "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul",
    }
)  # fmt: skip
_ONE_LINE = frozenset({"br", "hr", "li", "tr"})
_WORTH_SHOWING = ("http://", "https://")


def html_to_text(source: str) -> str:
    """Return an HTML template's text, with the addresses of its links behind their words."""
    tags = HiddenTags()
    reader = _Reader(tags)
    reader.feed(tags.hide(source))
    reader.close()
    return tags.put_back("\n".join(_squeeze("".join(reader.pieces).splitlines())))


def text_to_html(source: str) -> str:
    """Return a text template as HTML, line by line."""
    tags = HiddenTags()
    return tags.put_back("<br>\n".join(escape(tags.hide(source.strip())).splitlines()))


class _Reader(HTMLParser):
    """Collects what somebody would read."""

    def __init__(self, tags: HiddenTags) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._tags = tags
        self._silent = 0
        self._link: str | None = None
        self._link_begins = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a link, or something that is not read."""
        if tag in _SILENT:
            self._silent += 1
        if tag in _BLOCKS:
            self.pieces.append("\n")
        if tag == "a":
            self._link, self._link_begins = dict(attrs).get("href"), len(self.pieces)

    def handle_endtag(self, tag: str) -> None:
        """End what began."""
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _BLOCKS - _ONE_LINE:
            self.pieces.append("\n")
        if tag == "a" and self._link is not None:
            self._show_link(self._link)
            self._link = None

    def handle_data(self, data: str) -> None:
        """Take words; white space in HTML is one space."""
        if not self._silent:
            words = " ".join(data.split())
            before, after = data[:1].isspace(), data[-1:].isspace()
            self.pieces.append(f"{' ' * before}{words}{' ' * after}" if words else " ")

    def _show_link(self, link: str) -> None:
        words = "".join(self.pieces[self._link_begins :]).strip()
        address = self._tags.put_back(link)
        is_address = address.startswith((*_WORTH_SHOWING, "{{"))
        if is_address and not self._silent and link != words:
            self.pieces.append(f" ({link})" if words else link)


def _squeeze(lines: list[str]) -> Iterator[str]:
    """Drop indentation and all but one of several blank lines."""
    blank = True
    for line in (" ".join(line.split()) for line in lines):
        if line or not blank:
            yield line
        blank = not line
