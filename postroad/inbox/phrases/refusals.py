"""The table of refusals: the first row whose words are found decides.

Rows go from words that can mean one thing only to words that are said of many things. Sources:
RFC 5321, RFC 3463 and the registry of status codes, the replies of Postfix, Exim, sendmail and
qmail, and what mailbox providers document of theirs.
"""

from postroad.inbox.phrases.message import ATTACHMENT, CONTENT, FORM, MESSAGE_SIZE, SPAM
from postroad.inbox.phrases.passing import NAME_SERVER, RULES, TRANSIENT
from postroad.inbox.phrases.recipient import (
    DOMAIN_UNKNOWN,
    MAILBOX_DISABLED,
    MAILBOX_FULL,
    RECEIVES_TOO_MUCH,
    RECIPIENT_RULES,
    USER_UNKNOWN,
)
from postroad.inbox.phrases.refusal import Refusal
from postroad.inbox.phrases.sender import (
    SENDER_REFUSED,
    SENDING_LIMIT,
    SERVER_REFUSED,
    TOO_FAST,
)

TELLING: tuple[Refusal, ...] = (
    SENDING_LIMIT,
    SENDER_REFUSED,
    SERVER_REFUSED,
    MAILBOX_FULL,
    MESSAGE_SIZE,
    MAILBOX_DISABLED,
    NAME_SERVER,
    USER_UNKNOWN,
    DOMAIN_UNKNOWN,
    ATTACHMENT,
    SPAM,
    CONTENT,
    RECEIVES_TOO_MUCH,
    TOO_FAST,
    TRANSIENT,
    RECIPIENT_RULES,
)
"""Words that say more than a status code does."""

VAGUE: tuple[Refusal, ...] = (FORM, RULES)
"""Words that decide only where no status code says more."""
