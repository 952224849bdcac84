"""Putting into a mail what tells that it was opened and which of its links were followed."""

import re
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlsplit

from postroad.campaign.quotation import put_at_end
from postroad.campaign.template import Rendered
from postroad.signed_tokens import NamedMessage
from postroad.tracking.html_links import replace_links
from postroad.tracking.tokens import TrackingTokens

IMAGE = "/o"
"""Where images are, below the organisation's tracking URL."""
LINK = "/l"
"""Where links lead, below it."""

_WEB = ("http", "https")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Tracker:
    """Makes the mails of one campaign tell what becomes of them; the same mail on every attempt."""

    tokens: TrackingTokens
    url: str
    """Where images and links are reached by whoever reads the mails."""
    unsubscribing: str | None
    """What unsubscribe links begin with: following one is no sign of interest."""
    opens: bool
    links: bool

    def with_links(self, mail: Rendered, message: NamedMessage) -> Rendered:
        """Return a mail whose web links lead through us; its text part stays as it is written."""
        if mail.html is None or not self.links:
            return mail

        def through_us(target: str) -> str | None:
            token = self.tokens.of_link(message, target) if self._may_track(target) else None
            return None if token is None else f"{self.url}{LINK}/{token}"

        return replace(mail, html=replace_links(mail.html, through_us))

    def with_image(self, mail: Rendered, message: NamedMessage) -> Rendered:
        """Return a mail with an image that nobody sees, as the last element of its body."""
        token = self.tokens.of_image(message) if self.opens else None
        if mail.html is None or token is None:
            return mail
        address = escape(f"{self.url}{IMAGE}/{token}.gif")
        image = f'<img src="{address}" width="1" height="1" alt="" style="display:block;border:0">'
        return replace(mail, html=put_at_end(mail.html, image))

    def _may_track(self, target: str) -> bool:
        """Whether it is a web address, and no way to unsubscribe."""
        if self.unsubscribing is not None and target.startswith(self.unsubscribing):
            return False
        try:
            parts = urlsplit(target)
            host = parts.hostname
        except ValueError:
            return False
        return parts.scheme in _WEB and bool(host) and not _UNPRINTABLE.search(target)
