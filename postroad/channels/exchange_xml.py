"""The XML of Exchange Web Services: its namespaces, and the elements that many requests share."""

from typing import Any

from lxml.builder import ElementMaker

from postroad.channels.base import KEY_HEADER

Element = Any
"""An lxml element: the library has no types."""

MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
_PREFIXES = {"m": MESSAGES, "t": TYPES}

M = ElementMaker(namespace=MESSAGES, nsmap=_PREFIXES)
T = ElementMaker(namespace=TYPES, nsmap=_PREFIXES)

_SEARCH_KEY = "0x300B"
"""PidTagSearchKey (MS-OXPROPS 2.1003): the same wherever an item is moved; its id is not."""


def find(element: Element, path: str) -> Element | None:
    """Return the first element at a path such as `t:Items/t:Message`."""
    return element.find(path, _PREFIXES)


def find_all(element: Element, path: str) -> list[Element]:
    """Return every element at a path."""
    found: list[Element] = element.findall(path, _PREFIXES)
    return found


def text(element: Element, path: str) -> str:
    """Return the text at a path; empty where there is none."""
    return str(element.findtext(path, "", _PREFIXES)).strip()


def folder(name: str, address: str) -> Element:
    """Return the id of a folder that every mailbox has."""
    mailbox = T.Mailbox(T.EmailAddress(address))
    return T.DistinguishedFolderId(mailbox, Id=name)


def key_property() -> Element:
    """Return the name of our header as a property of an item (PS_INTERNET_HEADERS)."""
    return T.ExtendedFieldURI(
        DistinguishedPropertySetId="InternetHeaders", PropertyName=KEY_HEADER, PropertyType="String"
    )


def search_key_property() -> Element:
    """Return the name of the property that identifies an item wherever it is moved."""
    return T.ExtendedFieldURI(PropertyTag=_SEARCH_KEY, PropertyType="Binary")


def item_shape(*properties: Element | str, mime: bool = False) -> Element:
    """Return which properties of an item to answer, beside its id.

    Args:
        properties: field URIs, or elements that name extended properties.
        mime: whether to answer the whole content.
    """
    shape = M.ItemShape(T.BaseShape("IdOnly"))
    if mime:
        shape.append(T.IncludeMimeContent("true"))
    named = [T.FieldURI(FieldURI=one) if isinstance(one, str) else one for one in properties]
    if named:
        shape.append(T.AdditionalProperties(*named))
    return shape


def key_of(item: Element) -> str:
    """Return the value of our header on an item; empty where it has none."""
    for found in find_all(item, "t:ExtendedProperty"):
        uri = find(found, "t:ExtendedFieldURI")
        if uri is not None and uri.get("PropertyName", "").lower() == KEY_HEADER.lower():
            return "".join(text(found, "t:Value").split())
    return ""


def search_key_of(item: Element) -> str:
    """Return what identifies an item wherever it is moved; its id where the server tells none."""
    for found in find_all(item, "t:ExtendedProperty"):
        uri = find(found, "t:ExtendedFieldURI")
        if uri is not None and uri.get("PropertyTag", "").lower() == _SEARCH_KEY.lower():
            return text(found, "t:Value")
    return id_of(item)


def id_of(element: Element) -> str:
    """Return the id of an item or a folder; empty where it has none."""
    found = find(element, "t:ItemId")
    if found is None:
        found = find(element, "t:FolderId")
    return "" if found is None else str(found.get("Id", ""))
