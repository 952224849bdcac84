"""sendmail: the addresses, then a transcript of the SMTP session in which they were refused."""

import re

from postroad.inbox.addresses import ADDRESS
from postroad.inbox.formats.paragraphs import by_lines
from postroad.inbox.notice import Notice
from postroad.inbox.recipient_report import RecipientReport

_TRANSCRIPT = re.compile(
    r"transcript of (?:the )?(?:session|attempts)|while talking to |"
    r"following addresses had (?:\w+ )?(?:permanent|transient|delivery)",
    re.IGNORECASE,
)
_REFUSED = (
    re.compile(rf"<({ADDRESS})>[ \t]{{0,40}}(?:\(|$)"),
    re.compile(rf"(?:[45]\d\d (?:[45]\.\d\.\d{{1,3}} )?)?<?({ADDRESS})>?(?:\.\.\.|: )"),
    re.compile(rf">>> RCPT TO: ?<({ADDRESS})>", re.IGNORECASE),
)


def read(notice: Notice) -> list[RecipientReport]:
    """Return whom a transcript shows as refused, each with the answers that follow."""
    if not _TRANSCRIPT.search(notice.words):
        return []

    def chosen(line: str) -> str | None:
        found = next(
            (hit for pattern in _REFUSED if (hit := pattern.match(line.strip()[:500]))), None
        )
        return next(iter(notice.failed_addresses_in(found[1])), None) if found else None

    return by_lines(notice.words.splitlines(), chosen)
