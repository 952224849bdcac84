"""qmail, Postfix and those who write as they do: `<address>:` and its explanation, then a gap."""

import re

from postroad.inbox.formats.paragraphs import paragraphs
from postroad.inbox.notice import Notice
from postroad.inbox.recipient_report import RecipientReport

_OPENING = re.compile(
    r"this is the [\w.\- ]{0,40}(?:program|mail system|server)|hi\. (?:this is|the mta program)"
    r"|(?:wasn't|was not|were) (?:able|unable) to deliver (?:your|the) message"
    r"|unable to deliver message"
    r"|could not be\s+(?:be )?delivered to one or more",
    re.IGNORECASE,
)


def read(notice: Notice) -> list[RecipientReport]:
    """Return whom such a notice names."""
    opening = _OPENING.search(notice.words)
    return paragraphs(notice.words[opening.end() :], notice) if opening else []
