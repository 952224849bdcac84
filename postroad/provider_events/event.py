"""One event that a provider pushed, and the reading of a batch of them."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from postroad.inbox.outcome import OutcomeKind
from postroad.inbox.verdict import Verdict
from postroad.instants import SECOND

KEY_ARGUMENT = "postroad_message"
"""What we send along with a message, and get back with its events: its X-Postroad-Message."""

_LATEST_SECOND = 1 << 40
_KEY = re.compile(r"[\x21-\x7e]{1,400}")
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,500}>")
_ID = re.compile(r"[\x21-\x7e]{1,200}")


class MalformedEvents(ValueError):
    """What was pushed is no batch of events; the sentence says why."""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """What became of one message."""

    id: str
    """The provider's, the same however often it is pushed."""
    kind: OutcomeKind
    verdict: Verdict
    recipient: str
    """In lower case."""
    at: int
    """When it happened, in milliseconds since the epoch; 0 where that is not told."""
    key: str | None
    """The X-Postroad-Message value."""
    message_id: str | None
    """The Message-ID, with its angle brackets."""


def batch_of(body: bytes) -> list[Any]:
    """Return the items of a pushed batch.

    Raises:
        MalformedEvents: it is no JSON list.
    """
    try:
        batch = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedEvents("the body is no JSON") from None
    if not isinstance(batch, list):
        raise MalformedEvents("the body is no list of events")
    return batch


@dataclass(frozen=True, slots=True)
class Fields:
    """An event as it was pushed: a field of another type than it should have reads as missing."""

    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a text; empty where there is none. Numbers are texts to some providers."""
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LATEST_SECOND:
            return str(value)
        return value if isinstance(value, str) else ""

    def part(self, name: str) -> "Fields":
        """Return a nested object; empty where there is none."""
        value = self.values.get(name)
        return Fields(value if isinstance(value, dict) else {})

    def key(self) -> str | None:
        """Return what we sent along to name the message."""
        return _fitting(_KEY, self.text(KEY_ARGUMENT))

    def message_id(self, name: str) -> str | None:
        """Return a Message-ID."""
        return _fitting(_MESSAGE_ID, self.text(name))

    def id(self, name: str) -> str:
        """Return the event's id; where it has none, what is said is the same only if it is."""
        told = _fitting(_ID, self.text(name))
        if told is not None:
            return told
        said = json.dumps(self.values, sort_keys=True, default=str)
        return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()

    def at(self, name: str) -> int:
        """Return a time told in seconds, in milliseconds; 0 where none is told."""
        told = self.text(name)
        is_time = told.isascii() and told.isdigit() and len(told) <= len(str(_LATEST_SECOND))
        return int(told) * SECOND if is_time else 0


def objects_in(items: list[Any]) -> Iterator[Fields]:
    """Yield the objects in a list; anything else is passed over."""
    return (Fields(item) for item in items if isinstance(item, dict))


def _fitting(pattern: re.Pattern[str], text: str) -> str | None:
    return text if pattern.fullmatch(text) else None
