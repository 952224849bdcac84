"""The part of OData that mail programs use on messages; what is beyond it is refused.

learn.microsoft.com/graph/query-parameters: `$filter`, `$orderby`, `$top`, `$skip`, `$select` and
`$expand` of extended properties.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from postroad.sandbox.graph_errors import invalid
from postroad.sandbox.graph_resources import (
    Json,
    extended_properties,
    extended_property,
    message,
    on_request,
)
from postroad.sandbox.mailboxes import StoredMail

_LITERAL = r"'((?:[^']|'')*)'"
_BY_PROPERTY = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+" + _LITERAL
    + r"\s+and\s+\1/value\s+eq\s+" + _LITERAL + r"\s*\)",
    re.IGNORECASE,
)  # fmt: skip
_COMPARISON = re.compile(
    r"([A-Za-z]\w*)\s+(eq|ne|ge|gt|le|lt)\s+(?:" + _LITERAL + r"|(true|false)|([0-9][0-9TZ:.+-]*))"
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_EXPANDED = re.compile(
    r"singleValueExtendedProperties\(\$filter=(id eq " + _LITERAL + r"(?: or id eq "
    + _LITERAL + r")*)\)"
)  # fmt: skip
_NAME = re.compile(_LITERAL)
_TIMES = ("receivedDateTime", "sentDateTime", "createdDateTime", "lastModifiedDateTime")
_STRINGS: Mapping[str, Callable[[StoredMail], str]] = {
    "internetMessageId": lambda mail: mail.header("Message-ID"),
    "conversationId": lambda mail: mail.thread_id,
    "subject": lambda mail: str(message(mail, immutable=True)["subject"]),
}
_FLAGS: Mapping[str, Callable[[StoredMail], bool]] = {
    "isDraft": lambda mail: mail.folder == "drafts",
    "isRead": lambda mail: mail.is_read,
}
_SORTED_BY = (*_TIMES, "subject")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
_OPTIONS = ("$filter", "$orderby", "$top", "$skip", "$select", "$expand", "$count")
_MOST = 1_000

Condition = Callable[[StoredMail], bool]


class Query:
    """What a request asks of messages."""

    def __init__(self, asked: Mapping[str, str], *, immutable: bool) -> None:
        """Read the options of a query.

        Args:
            asked: the query of the request.
            immutable: whether messages are named by ids that outlive their folder.

        Raises:
            GraphRefusal: the sandbox does not know an option, or what stands in it.
        """
        for name in asked:
            if name.startswith("$") and name not in _OPTIONS:
                raise _refused(f"the query option {name}")
        self.condition = condition(asked.get("$filter", ""))
        self.top = _number(asked.get("$top", "10"))
        self.skip = _number(asked.get("$skip", "0"))
        self._select = [name.strip() for name in asked.get("$select", "").split(",") if name]
        self._expand = _expanded(asked.get("$expand", ""))
        self._order = _order(asked.get("$orderby", ""))
        self._immutable = immutable

    def shown(self, mail: StoredMail) -> Json:
        """Return a mail as it was asked for."""
        found = message(mail, immutable=self._immutable)
        if self._select:
            known = found | on_request(mail)
            if unknown := [name for name in self._select if name not in known]:
                raise _refused(f"the property {unknown[0]}")
            found = {name: known[name] for name in ("id", *self._select)}
        found = {"@odata.etag": f'W/"{mail.id}"', **found}
        if self._expand and (properties := extended_properties(mail, self._expand)):
            found["singleValueExtendedProperties"] = properties
        return found

    def ordered(self, mails: list[StoredMail]) -> list[StoredMail]:
        """Return mails in the order that was asked for, else newest first."""
        for name, falling in reversed(self._order):
            mails = sorted(mails, key=lambda mail: _value(mail, name), reverse=falling)
        return mails


def condition(text: str) -> Condition:
    """Return what a `$filter` says: comparisons that all have to hold.

    Raises:
        GraphRefusal: it says something else.
    """
    terms: list[Condition] = []
    place = 0
    while place < len(text):
        if terms:
            joint = _AND.match(text, place)
            if joint is None:
                raise _refused(f"the filter {text}")
            place = joint.end()
        term, place = _term(text, place)
        terms.append(term)
    return lambda mail: all(term(mail) for term in terms)


def _term(text: str, place: int) -> tuple[Condition, int]:
    if found := _BY_PROPERTY.match(text, place):
        name, value = _plain(found[2]), _plain(found[3])
        return (lambda mail: extended_property(mail, name) == value), found.end()
    found = _COMPARISON.match(text, place)
    if found is None:
        raise _refused(f"the filter {text}")
    name, sign, literal, flag, time = found.groups()
    given: object = _plain(literal or "")
    if name in _FLAGS and flag and sign in ("eq", "ne"):
        given = flag == "true"
    elif name in _TIMES and time:
        given = _milliseconds(time)
    elif name not in _STRINGS or literal is None or sign not in ("eq", "ne"):
        raise _refused(f"the filter {text}")
    compare = _COMPARE[sign]
    return (lambda mail: compare(_value(mail, name), given)), found.end()


def _value(mail: StoredMail, name: str) -> Any:  # noqa: ANN401 - a property of any kind
    # What is shown has whole seconds; the store itself knows better.
    return mail.at if name in _TIMES else {**_STRINGS, **_FLAGS}[name](mail)


def _milliseconds(instant: str) -> int:
    try:
        return int(datetime.fromisoformat(instant).timestamp() * 1_000)
    except ValueError:
        raise invalid(f"'{instant}' is no instant.", "ErrorInvalidUrlQuery") from None


def _order(text: str) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for part in filter(None, text.split(",")):
        name, _, direction = part.strip().partition(" ")
        if name not in _SORTED_BY or direction.strip().lower() not in ("", "asc", "desc"):
            raise _refused(f"the order {part}")
        found.append((name, direction.strip().lower() == "desc"))
    return found


def _expanded(text: str) -> list[str]:
    if not text:
        return []
    found = _EXPANDED.fullmatch(text)
    if found is None:
        raise _refused(f"to expand {text}")
    return [_plain(name) for name in _NAME.findall(found[1])]


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) > _MOST:
        raise invalid(f"The value '{text}' is not a number up to {_MOST}.", "ErrorInvalidUrlQuery")
    return int(text)


def _plain(literal: str) -> str:
    return literal.replace("''", "'")


def _refused(what: str) -> Exception:
    return invalid(f"The sandbox does not support {what}.", "ErrorInvalidUrlQuery")
