"""The mail plugins in which people write single mails."""

from enum import StrEnum


class Plugin(StrEnum):
    """Where a person wrote a mail: it leaves by the account that they had open there."""

    OUTLOOK = "outlook"
    GMAIL = "gmail"
