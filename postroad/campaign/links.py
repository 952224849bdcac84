"""The web addresses that a text leads to or shows an image from."""

import re
from collections.abc import Iterator

from lxml import html as markup

from postroad.campaign.template import StepTemplate
from postroad.campaign.template_tags import HiddenTags

_WEB = re.compile(r"https?://", re.IGNORECASE)
_IN_TEXT = re.compile(r"https?://[^\s<>\"')\]]+", re.IGNORECASE)
_ENDS_SENTENCE = ".,;:!?"


def web_links(template: StepTemplate) -> list[str]:
    """Return each link and each image's address once; tags stand in those that differ by person."""
    tags = HiddenTags()
    found = [*_in_html(tags.hide(template.html or "")), *_in_text(tags.hide(template.text or ""))]
    return list(dict.fromkeys(map(tags.put_back, found)))


def _in_html(html: str) -> Iterator[str]:
    if not html.strip():
        return
    for element in markup.fromstring(f"<div>{html}</div>").iter("a", "img"):
        address = (element.get("href") or element.get("src") or "").strip()
        if _WEB.match(address):
            yield address


def _in_text(text: str) -> Iterator[str]:
    return (address.rstrip(_ENDS_SENTENCE) for address in _IN_TEXT.findall(text))
