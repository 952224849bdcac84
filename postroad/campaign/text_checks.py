"""What experienced senders would tell an author before a text leaves; nothing here refuses."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from lxml import html as markup

from postroad.campaign.file import Purpose
from postroad.campaign.footer import FooterWish, footer_of
from postroad.campaign.step import StepSettings
from postroad.campaign.template import StepTemplate
from postroad.campaign.template_tags import fill_in

_ANSWERS = re.compile(r"\s*(re|aw|fwd?|wg|tr)\s*:", re.IGNORECASE)
_LOOKS_LIKE_ADDRESS = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:/\S*)?", re.IGNORECASE)

_FILLED = "Lorem ip"
"""Stands for what a tag puts in: as long as a usual first name and a little more."""
_LONGEST_SUBJECT = 70
"""Characters that mail programs on a desktop show; telephones show about half."""
_SHOUTED = 8
"""Letters in capitals that are no abbreviation any more."""
_CLIPPED = 102 * 1024
"""Bytes of HTML after which Gmail shows "[Message clipped]"."""
_FEWEST_WORDS = 20
"""Words beside an image, under which filters and people without images see next to nothing."""
_LARGE_FILES = 5 * 1024 * 1024
"""Bytes of attachments that many companies' gateways hold back."""
_WEB = ("http", "https")
_SHORTENERS = frozenset({"bit.ly", "buff.ly", "cutt.ly", "is.gd", "ow.ly", "t.co", "tinyurl.com"})
_OPENS = (*_WEB, "mailto", "tel", "sms")


@dataclass(frozen=True, slots=True)
class Step:
    """A step as its author wrote it."""

    id: str
    settings: StepSettings
    template: StepTemplate


def text_warnings(step: Step, purpose: Purpose, *, unsubscribes: bool) -> Iterator[str]:
    """Yield a sentence for each thing about a step's text that is better changed.

    Args:
        step: the step.
        purpose: what kind of mail the campaign is.
        unsubscribes: whether mails carry a link to unsubscribe in their headers.
    """
    yield from (f"step {step.id}: {words}" for words in _subject(step))
    yield from (f"step {step.id}: {words}" for words in _html(step.template.html or ""))
    size = sum(file.size for file in step.template.attachments)
    if size > _LARGE_FILES:
        yield (
            f"step {step.id}: attachments are {size / 2**20:.1f} MB, which many companies hold "
            "back; a link reaches more people"
        )
    said = f"{step.template.text or ''}{step.template.html or ''}".lower()
    if purpose is Purpose.BULK and not unsubscribes and "unsubscribe" not in said:
        yield (
            f"step {step.id}: bulk mail needs a way to unsubscribe; set public_url in the "
            "workspace, and put a link into the text"
        )


def address_warnings(
    templates: Iterable[StepTemplate], wish: FooterWish, address: str | None
) -> Iterator[str]:
    """Yield a sentence where a campaign's mails do not say where their sender receives mail.

    The USA's CAN-SPAM wants a valid physical postal address in commercial mail: 15 U.S.C.
    7704(a)(5)(A)(iii). So do other countries' laws of imprint.

    Args:
        templates: the texts that are mailed.
        wish: what the campaign wants of its footer.
        address: the organisation's postal address.
    """
    if footer_of(wish, address) is not None:
        return
    known = footer_of(wish.model_copy(update={"shown": True}), address)
    if known is None:
        yield (
            "no postal address stands below the mails, as CAN-SPAM wants it of commercial mail; "
            "set postal_address in the workspace's organisation"
        )
    elif not all(map(known.is_in, templates)):
        yield (
            "the footer is left out, and not every text has the postal address that CAN-SPAM "
            "wants in commercial mail"
        )


def _subject(step: Step) -> Iterator[str]:
    subject = fill_in(step.template.subject, _FILLED)
    letters = [char for char in fill_in(step.template.subject, "") if char.isalpha()]
    if len(subject) > _LONGEST_SUBJECT:
        yield (
            f"the subject has about {len(subject)} characters; "
            f"inboxes show {_LONGEST_SUBJECT}, telephones half of that"
        )
    if len(letters) >= _SHOUTED and all(char.isupper() for char in letters):
        yield "the subject is all in capitals, which filters count against it"
    if step.settings.thread == "new" and _ANSWERS.match(subject):
        yield "the subject looks like an answer though nobody wrote before; people resent that"


def _html(source: str) -> Iterator[str]:
    if not source.strip():
        return
    size = len(source.encode("utf-8", "replace"))
    if size > _CLIPPED:
        yield f"the HTML has {size // 1024} KB; Gmail hides what comes after {_CLIPPED // 1024}"
    document = markup.fromstring(f"<div>{fill_in(source, _FILLED)}</div>")
    images = document.findall(".//img")
    if images and len(document.text_content().split()) < _FEWEST_WORDS:
        yield "it shows images with hardly any text, which filters and image blockers leave empty"
    if any(not (image.get("alt") or "").strip() for image in images):
        yield "an image has no alt text for people who do not see it"
    for link in document.findall(".//a"):
        yield from _link(link)


def _link(link: markup.HtmlElement) -> Iterator[str]:
    address = link.get("href")
    if address is None or _FILLED in address:
        return
    parts = _split(address.strip())
    if parts is None or not _opens(parts):
        yield f"the link {address!r} opens nothing; write it with https:// in front"
        return
    shown = shown_host(link.text_content())
    host = (parts.hostname or "").lower().removeprefix("www.")
    if host in _SHORTENERS:
        yield f"a link through {host} hides where it leads, which filters hold against a mail"
    if shown and parts.hostname and shown != host:
        yield f"a link shows {shown} and leads to {parts.hostname}, as phishing does"


def shown_host(words: str) -> str | None:
    """Return the host that a link's words show, without `www.`; None where they show none."""
    shown = _LOOKS_LIKE_ADDRESS.fullmatch(words.strip())
    return None if shown is None else shown[1].lower().removeprefix("www.")


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _opens(parts: SplitResult) -> bool:
    scheme = parts.scheme.lower()
    return scheme in _OPENS and (scheme not in _WEB or bool(parts.hostname))
