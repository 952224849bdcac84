"""What stands below every mail of a campaign: where the sender is, and how to get no more.

Commercial mail to people in the USA must have both: 15 U.S.C. 7704(a)(5)(A).
"""

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from postroad.campaign.quotation import put_at_end
from postroad.campaign.template import Rendered, StepTemplate
from postroad.names import Name

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_TAG = re.compile(r"<[^<>]*>")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_STYLE = "margin-top:2em;font-size:12px;color:#666"


def _check_address(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must be lines of text without control characters")
    if not _words(text):
        raise ValueError("must say where the organisation receives mail")
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


PostalAddress = Annotated[str, StringConstraints(max_length=500), AfterValidator(_check_address)]
"""A postal address as it is to be read, line by line."""


class FooterWish(BaseModel):
    """What a campaign wants of its footer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shown: bool = True
    address: PostalAddress | None = None
    """Goes before the organisation's."""
    unsubscribe: Name = "Unsubscribe"
    """What the link is called."""


def _in_full(written: object) -> object:
    """Take `footer: false` as none, and `true` as the usual one."""
    return {"shown": written} if isinstance(written, bool) else written


FooterField = Annotated[FooterWish, BeforeValidator(_in_full)]


@dataclass(frozen=True, slots=True)
class Footer:
    """A campaign's footer."""

    address: str
    unsubscribe: str

    def below(self, mail: Rendered, page: str | None) -> Rendered:
        """Return a mail with whatever of the footer it does not say already.

        Args:
            mail: the mail.
            page: where its reader unsubscribes; None where nobody answers.
        """
        text, html = mail.text, mail.html
        if text is not None and (missing := self._missing(text, text, page)):
            text = f"{text.rstrip()}\n\n{self._as_text(*missing)}\n"
        if html is not None and (missing := self._missing(html, _read(html), page)):
            html = put_at_end(html, self._as_html(*missing))
        return Rendered(mail.subject, text, html)

    def is_in(self, template: StepTemplate) -> bool:
        """Whether every part of a text says the address by itself."""
        html = None if template.html is None else _read(template.html)
        return all(
            _words(self.address) in _words(part)
            for part in (template.text, html)
            if part is not None
        )

    def _missing(self, source: str, said: str, page: str | None) -> tuple[str, str] | None:
        address = "" if _words(self.address) in _words(said) else self.address
        link = page if page is not None and page not in source else ""
        return (address, link) if address or link else None

    def _as_text(self, address: str, link: str) -> str:
        return "\n".join(filter(None, (address, link and f"{self.unsubscribe}: {link}")))

    def _as_html(self, address: str, link: str) -> str:
        lines = [escape(line) for line in address.splitlines()]
        if link:
            lines.append(f'<a href="{escape(link)}">{escape(self.unsubscribe)}</a>')
        return f'<p style="{_STYLE}">{"<br>".join(lines)}</p>\n'


def footer_of(wish: FooterWish, address: str | None) -> Footer | None:
    """Return a campaign's footer; None where it wants none, or no address is known.

    Args:
        wish: what the campaign wants.
        address: the organisation's postal address.
    """
    own = wish.address or address
    return Footer(own, wish.unsubscribe) if wish.shown and own else None


def _read(html: str) -> str:
    """Return what somebody reads of HTML, roughly."""
    return unescape(_TAG.sub(" ", html))


def _words(text: str) -> str:
    """Return a text without what lies between its words: lines, commas, dots between lines."""
    return _BETWEEN_WORDS.sub("", text.casefold())
