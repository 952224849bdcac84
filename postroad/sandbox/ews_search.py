"""Restrictions, sorting and paging of FindItem.

learn.microsoft.com/exchange/client-developer/web-service-reference/restriction
"""

import operator
from collections.abc import Callable, Iterable
from typing import Any

from postroad.sandbox.ews_items import VALUES, extended
from postroad.sandbox.ews_soap import PREFIXES, Element, EwsRefusal
from postroad.sandbox.mailboxes import StoredMail

_COMPARED: dict[str, Callable[[str, str], bool]] = {
    "IsEqualTo": operator.eq,
    "IsNotEqualTo": operator.ne,
    "IsGreaterThan": operator.gt,
    "IsGreaterThanOrEqualTo": operator.ge,
    "IsLessThan": operator.lt,
    "IsLessThanOrEqualTo": operator.le,
}


def fits(restriction: Element, mail: StoredMail) -> bool:
    """Whether a mail fits a restriction, one of its terms included.

    Raises:
        EwsRefusal: the sandbox does not know the restriction.
    """
    name = _name(restriction)
    match name:
        case "Restriction" | "And":
            return all(fits(term, mail) for term in restriction)
        case "Or":
            return any(fits(term, mail) for term in restriction)
        case "Not":
            return not fits(restriction[0], mail)
        case "Exists":
            return bool(_value(restriction[0], mail))
        case "Contains":
            constant = _constant(restriction).lower()
            return constant in _value(restriction[0], mail).lower()
        case _ if name in _COMPARED:
            return _COMPARED[name](_value(restriction[0], mail), _constant(restriction))
    raise EwsRefusal("ErrorUnsupportedPathForQuery", f"The sandbox does not know {name}.")


def in_order(order: Element | None, mails: Iterable[StoredMail]) -> list[StoredMail]:
    """Return mails as a SortOrder wants them; newest first where there is none."""
    found = list(mails)
    for one in reversed([] if order is None else list(order)):
        descending = one.get("Order") == "Descending"
        found.sort(key=lambda mail, uri=one[0]: _value(uri, mail), reverse=descending)  # type: ignore[misc]
    return found


def page(view: Element | None, found: list[Any]) -> tuple[list[Any], int, bool]:
    """Return one page of items or folders, where the next begins, and whether it is the last."""
    if view is None:
        return found, len(found), True
    start = int(view.get("Offset", "0"))
    end = start + int(view.get("MaxEntriesReturned", len(found) or 1))
    return found[start:end], min(end, len(found)), end >= len(found)


def _value(uri: Element, mail: StoredMail) -> str:
    if _name(uri) == "ExtendedFieldURI":
        return extended(mail, uri)
    field = uri.get("FieldURI", "")
    if field not in VALUES:
        raise EwsRefusal("ErrorUnsupportedPathForQuery", f"The sandbox does not know {field}.")
    return VALUES[field](mail)


def _constant(restriction: Element) -> str:
    found = restriction.find(".//t:Constant", PREFIXES)
    return "" if found is None else _as_stored(str(found.get("Value", "")))


def _as_stored(value: str) -> str:
    """Return a constant in the form that values have: instants with milliseconds."""
    if len(value) == len("2026-01-01T00:00:00Z") and value.endswith("Z") and value[10] == "T":
        return f"{value[:-1]}.000Z"
    return value


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
