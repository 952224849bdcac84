"""Which company somebody works for, as far as the audience tells."""

from collections.abc import Mapping

from postroad.campaign.reply_policy import is_company

_COLUMN = "company"


def company_key(fields: Mapping[str, str], domain: str) -> str | None:
    """Return what all people of a company have in common; None where nothing tells.

    That is what the column `company` says, whatever its capitals and spaces, else the mail
    domain, `@acme.com`, unless anybody may have a mailbox there.

    Args:
        fields: the person's columns, by their names in templates.
        domain: of the person's address.
    """
    named = " ".join(fields.get(_COLUMN, "").split()).casefold()
    if named:
        return named
    return f"@{domain}" if is_company(domain) else None
