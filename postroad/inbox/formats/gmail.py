"""Gmail and Google Workspace: notices in the reader's language, the answer of the server below.

`X-Failed-Recipients` names the recipients; the words behind "The response was:" are the server's.
Google Groups answers the same way for groups that do not exist or do not take mail from outside.
"""

import re

from postroad.inbox.addresses import addresses_in
from postroad.inbox.formats.paragraphs import paragraphs
from postroad.inbox.notice import Notice
from postroad.inbox.recipient_report import RecipientReport, explanation

_SENDERS = ("googlemail.com", "google.com", "gmail.com")
_ANSWER = re.compile(
    r"(?:the (?:error|response)[^:\n]{0,80}was|technical details of (?:the )?[^:\n]{0,60}|"
    r"learn more[^:\n]{0,60}|antwort[^:\n]{0,60}|réponse[^:\n]{0,60}|respuesta[^:\n]{0,60})\s*:",
    re.IGNORECASE,
)


def read(notice: Notice) -> list[RecipientReport]:
    """Return whom a Google notice names, with the words of the server that refused."""
    sender = next(addresses_in(notice.sender), "")
    if not sender.lower().endswith(_SENDERS):
        return []
    if not notice.named:
        return paragraphs(notice.words, notice)
    answer = _ANSWER.search(notice.words)
    words = explanation(notice.words[answer.end() :] if answer else notice.words)
    return [RecipientReport(address, words) for address in notice.named]
