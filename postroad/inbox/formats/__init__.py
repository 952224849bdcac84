"""How mail systems write notices, a module for each family; the standard's own is `dsn`."""

from collections.abc import Callable

from postroad.inbox.formats import exchange, exim, generic, gmail, qmail, rare, sendmail
from postroad.inbox.notice import Notice
from postroad.inbox.recipient_report import RecipientReport

Format = Callable[[Notice], list[RecipientReport]]
"""Returns whom a notice of this family says it did not reach; nothing for other families."""

FORMATS: tuple[Format, ...] = (
    gmail.read,
    exchange.read,
    exim.read,
    qmail.read,
    sendmail.read,
    generic.read,
    rare.read,
)
"""In the order in which they are asked; the first that finds somebody is believed."""
