"""Finding addresses in what machines write."""

import re
from collections.abc import Iterator

_LOCAL = r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}"
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_](?:[\w-]{0,22}[^\W_])"
BARE_ADDRESS = rf"{_LOCAL}@{_DOMAIN}"
"""A pattern of an address whose domain has a dot, wherever it begins."""
ADDRESS = rf"(?<![\w.+@=-]){BARE_ADDRESS}"
"""The same, not in the middle of a word."""

_ADDRESS = re.compile(ADDRESS)
_ROUTED = re.compile(r"([^\W_][\w.+=-]{0,63}@[\w.-]{1,253})\s*>?\s*$")
_COMMENT = re.compile(r"\s*\([^()]{0,300}\)\s*$")
_ADDRESS_MAX = 320
_FIELD_MAX = 1_000
_MACHINES = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|post_?master|no-?reply|do-?not-?reply|abuse|support|"
    r"helpdesk|hostmaster|delist|removals?)@",
    re.IGNORECASE,
)


def addresses_in(text: str) -> Iterator[str]:
    """Yield the addresses in a text, in order."""
    for found in _ADDRESS.finditer(text):
        if address := _trimmed(found[0]):
            yield address


def is_machine(address: str) -> bool:
    """Whether an address is one that notices name as a contact, and nobody writes to."""
    return _MACHINES.match(address) is not None


def address_of_field(value: str) -> str | None:
    """Return the address in a field such as Final-Recipient, `type; address` (RFC 3464, 2.3)."""
    words = _COMMENT.sub("", value.strip()[:_FIELD_MAX]).partition(";")
    address = (words[2] or words[0]).strip().strip("<>").strip()
    if "@" not in address:
        return None
    if found := list(addresses_in(address)):
        return found[-1]  # the last hop of a source route
    routed = _ROUTED.search(address)
    return _trimmed(routed[1]) if routed else None


def _trimmed(address: str) -> str | None:
    trimmed = address.lstrip("'`=.*|").rstrip("'`.")
    if not 3 <= len(trimmed) <= _ADDRESS_MAX or trimmed.startswith("@"):
        return None
    return trimmed
