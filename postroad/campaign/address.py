"""Email addresses: as people write them, and as the ledger compares them. No DNS is asked."""

import re
import unicodedata
from typing import Annotated, NamedTuple

from email_validator import (
    SPECIAL_USE_DOMAIN_NAMES,
    EmailNotValidError,
    validate_email,
)
from pydantic import AfterValidator

_LOCAL_MAX = 64
"""Characters before the @ (RFC 5321, 4.5.3.1.1)."""
_ADDRESS_MAX = 254
"""Characters of a whole address (RFC 5321, 4.5.3.1.3, less the angle brackets)."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?=[^.]{1,63}\.)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+([A-Za-z]{{2,63}}))")
"""Local part, domain, top-level domain of almost every address; they need no further look."""
_RESERVED = frozenset(SPECIAL_USE_DOMAIN_NAMES) - {"test"}
_INVISIBLE = "\u200b\u2060\ufeff"
"""Zero-width characters that copying leaves at the ends."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SEPARATOR = re.compile(r"[,;\s]")


class Address(NamedTuple):
    """One address, cleaned and normalised."""

    recipient: str
    """The local part as it was written, the domain in ASCII; what RCPT and To carry.

    It is ASCII unless the local part is internationalised, which needs SMTPUTF8 (RFC 6531).
    """
    address: str
    """The same in lower case: equal for two spellings of one mailbox."""
    domain: str
    """Lower case, punycode (IDNA 2008)."""

    @property
    def smtputf8(self) -> bool:
        """Whether only servers with SMTPUTF8 (RFC 6531) can take it."""
        return not self.recipient.isascii()


def parse_address(text: str) -> Address:
    """Read one bare address.

    Raises:
        ValueError: it is none; the message is a clause that says why.
    """
    text = text.strip().strip(_INVISIBLE).strip()
    plain = _PLAIN.fullmatch(text)
    if plain is None or plain[3].lower() in _RESERVED:
        return _parse_unusual(text)
    local, domain = plain[1], plain[2].lower()
    _check_length(local, domain)
    recipient = f"{local}@{domain}"
    return Address(recipient, recipient.lower(), domain)


def parse_domain(text: str) -> str:
    """Return a domain in lower case and punycode (IDNA 2008).

    Raises:
        ValueError: no mail can go to such a domain; the message is a clause that says why.
    """
    if "@" in text:
        raise ValueError("a domain holds no @")
    return _validated(f"x@{text.strip()}")[1]


def _parse_unusual(text: str) -> Address:
    """Read an address that is internationalised, or say what is wrong with it."""
    _check_form(text)
    local, domain = _validated(text)
    _check_length(local, domain)
    address = unicodedata.normalize("NFC", local.lower())
    return Address(f"{local}@{domain}", f"{address}@{domain}", domain)


def _check_form(text: str) -> None:
    if not text:
        raise ValueError("it is empty")
    if len(text) > 2 * _ADDRESS_MAX:
        raise ValueError(f"it is longer than {_ADDRESS_MAX} characters")
    if _CONTROL.search(text):
        raise ValueError("it holds a control character")
    if text.count("@") > 1 and _SEPARATOR.search(text):
        raise ValueError("it holds several addresses; give each a row of its own")
    if "<" in text or ">" in text:
        raise ValueError("put the bare address, without a name or angle brackets")


def _check_length(local: str, domain: str) -> None:
    if len(local) > _LOCAL_MAX:
        raise ValueError(f"it has more than {_LOCAL_MAX} characters before the @")
    if len(local.encode()) + 1 + len(domain) > _ADDRESS_MAX:
        raise ValueError(f"it is longer than {_ADDRESS_MAX} characters")


def _validated(text: str) -> tuple[str, str]:
    """Return local part (NFC, RFC 6532 3.1) and ASCII domain.

    Domains under .test count as valid: nothing may rely on them, so nothing is lost by that.
    """
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(_clause(str(error))) from None
    return found.local_part, found.ascii_domain.lower()


def _clause(sentences: str) -> str:
    parts = sentences.rstrip(".").split(". ")
    return "; ".join(part[:1].lower() + part[1:] for part in parts)


def _normalised(text: str) -> str:
    return parse_address(text).address


EmailAddress = Annotated[str, AfterValidator(_normalised)]
"""A pydantic field that reads an address and holds its normalised form."""
