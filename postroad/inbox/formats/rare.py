"""Rare and old formats, by flufl.bounce: asked for recipients only, where all else finds nobody.

It gets the words of the notice as a plain mail, never the mail itself, and may fail as it likes.
"""

from email.message import Message

from flufl.bounce import all_failures

from postroad.inbox.addresses import addresses_in
from postroad.inbox.notice import Notice
from postroad.inbox.recipient_report import RecipientReport, explanation

_LINE_MAX = 500


def read(notice: Notice) -> list[RecipientReport]:
    """Return whom flufl.bounce finds in the words of a notice."""
    try:
        delayed, failed = all_failures(_plain(notice))
        found = sorted(address.decode("ascii") for address in delayed | failed)
    except Exception:  # noqa: BLE001 - whatever it raises, it has found nobody
        return []
    words = explanation(notice.words)
    return [RecipientReport(address, words) for one in found for address in addresses_in(one)]


def _plain(notice: Notice) -> Message:
    """Compose a flat mail in ASCII; some formats are known by their sender or program."""
    plain = Message()
    plain["From"] = _ascii(notice.sender)[:_LINE_MAX]
    plain["X-Mailer"] = _ascii(notice.program)[:_LINE_MAX]
    lines = (line[:_LINE_MAX] for line in _ascii(notice.words).splitlines())
    plain.set_payload("\n".join(lines))
    return plain


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")
