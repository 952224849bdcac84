"""Who asks for an image or follows a link: a person, or a machine that looks before or for them.

Three things give a machine away: what it says of itself, that it asks sooner than mail is read,
and that it follows several links at once. Networks do not: those of gateways change weekly and
are sold to browsers too. What is left may still be a machine; it is never more than that.

Sources:
    Gmail fetches images through a proxy that says GoogleImageProxy (Google, "Images now showing",
    2013), at opening or before; Yahoo's says YahooMailProxy (Yahoo Help, SLN28749).
    Apple Mail Privacy Protection fetches every image when mail arrives, read or not, and says
    `Mozilla/5.0` and no more (Apple, iOS 15; SocketLabs, "Identifying Apple MPP opens").
    Barracuda says `Barracuda Sentinel (EE)`, Cisco CiscoSecureEmail, Proofpoint and Mimecast their
    names; Defender's Safe Links often a plain browser (field guides to bot clicks, which also
    give "within 5 seconds of delivery" and "every link at once" as the marks of a scanner).
    Prefetching browsers send Sec-Purpose (Fetch standard), formerly Purpose, X-Purpose or X-Moz.
"""

import re
from collections.abc import Iterable, Mapping

from postroad.instants import SECOND

TOO_SOON = 10 * SECOND
"""From sending to when a person may have the mail before them."""
AT_ONCE = 2 * SECOND
"""Within which nobody follows two links."""

_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_AHEAD = re.compile(r"prefetch|prerender|preview|instant", re.IGNORECASE)
_NAMES = (
    ("Gmail's image proxy", r"GoogleImageProxy|ggpht\.com"),
    ("Yahoo's image proxy", r"YahooMailProxy"),
    ("Apple's Mail Privacy Protection", r"^Mozilla/5\.0$"),
    ("Barracuda", r"barracuda|cudasvc"),
    ("Mimecast", r"mimecast"),
    ("Proofpoint", r"proofpoint|urldefense"),
    ("Cisco Secure Email", r"cisco|ironport"),
    ("Microsoft's link check", r"safelinks|Existence Discovery|BingPreview|SkypeUriPreview"),
    ("a security gateway", r"trend ?micro|\bTMES\b|sophos|fortinet|fortigate|zscaler|symantec|"
                           r"messagelabs|trellix|fireeye|forcepoint|virustotal|urlscan"),
    # Cubot makes telephones.
    ("a bot", r"(?<!cu)bot\b|crawl|spider|slurp|scanner|preview|facebookexternalhit|whatsapp"),
    ("a program", r"headless|phantomjs|puppeteer|playwright|selenium|python|aiohttp|httpx|curl|"
                  r"wget|java/|go-http-client|libwww|ruby|perl|php/|axios|node-fetch|undici|"
                  r"guzzle|http-?client"),
)  # fmt: skip
_MACHINES = [(who, re.compile(name, re.IGNORECASE)) for who, name in _NAMES]
_BROWSER = re.compile(r"(?:Mozilla/5\.0|Opera/9\.[0-9]+) \(")
"""How every browser's name begins (RFC 9110, 10.1.5, does not ask for it; history does)."""


def machine_that_says(headers: Mapping[str, str], *, follows_link: bool) -> str | None:
    """Return which machine asks, by what it says of itself; None for what may be a person.

    Args:
        headers: the request's, by their names in lower case.
        follows_link: whether a link is followed, which people do in browsers alone; images are
            shown by mail programs too, which call themselves what they like.
    """
    if any(_AHEAD.search(headers.get(name, "")) for name in _PURPOSES):
        return "a browser that fetches ahead"
    says = headers.get("user-agent", "").strip()
    if not says:
        return "a program without a name"
    for who, name in _MACHINES:
        if name.search(says):
            return who
    if follows_link and not _BROWSER.match(says):
        return "a program"
    return None


def machine_by_time(at: int, sent_at: int | None) -> str | None:
    """Return why somebody came too early to be a person.

    Args:
        at: when they came.
        sent_at: when the mail left; None where nobody knows.
    """
    if sent_at is not None and at - sent_at < TOO_SOON:
        return f"within {TOO_SOON // SECOND} seconds of the sending"
    return None


def machine_at_once(at: int, target: str, others: Iterable[tuple[int, str]]) -> str | None:
    """Return why a link was followed too close to another of the same mail.

    Args:
        at: when it was followed.
        target: where it leads.
        others: when links of the mail were followed, and where they lead.
    """
    if any(other != target and abs(when - at) <= AT_ONCE for when, other in others):
        return "several links at once"
    return None
