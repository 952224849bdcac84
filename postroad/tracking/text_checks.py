"""What authors should know of a text before it is tracked; nothing here refuses."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import html as markup

from postroad.campaign.template import StepTemplate
from postroad.campaign.template_tags import fill_in
from postroad.campaign.text_checks import shown_host
from postroad.campaign.tracking import Tracking
from postroad.tracking.html_links import UNTRACKED

_WEB = ("http://", "https://")
_FILLED = "x"
"""Stands for what a tag puts in."""


def tracking_warnings(template: StepTemplate, tracking: Tracking, url: str | None) -> Iterator[str]:
    """Yield a sentence for each thing that tracking makes worse, or cannot do.

    Args:
        template: a step's text.
        tracking: what is told of its mails.
        url: where tracked links lead; None where nothing can be tracked, which a launch refuses.
    """
    if not tracking or url is None:
        return
    if not (template.html or "").strip():
        yield "nothing of it can be tracked, since it has no HTML part; a .md or .html body has one"
        return
    host = urlsplit(url).hostname
    document = markup.fromstring(f"<div>{fill_in(template.html or '', _FILLED)}</div>")
    for link in document.findall(".//a") if tracking.links else []:
        target = (link.get("href") or "").strip().lower()
        shown = shown_host(link.text_content())
        if shown and shown != host and target.startswith(_WEB) and link.get(UNTRACKED) is None:
            yield (
                f"a link shows {shown} and will lead to {host}, as phishing does; show words "
                f"instead, or give the link {UNTRACKED}"
            )
