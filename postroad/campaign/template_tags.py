"""Hiding a template's tags from whatever reads the text around them."""

import re
from collections.abc import Callable, Iterator

_QUOTED = r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' """
_TAG = re.compile(
    rf"""\{{\{{ (?:{_QUOTED}|[^"'])*? \}}\}}
       | \{{%   (?:{_QUOTED}|[^"'])*? %\}}
       | \{{\#  .*?            \#\}}""",
    re.DOTALL | re.VERBOSE,
)
_OPEN, _CLOSE = "\ue000", "\ue001"
"""Private characters around a tag's number; parsers take them for letters."""

MARK = rf"{_OPEN}\d+{_CLOSE}"
"""What stands for a tag, as a regular expression."""
_MARKED = re.compile(rf"(?:{_OPEN}|%EE%80%80)(\d+)(?:{_CLOSE}|%EE%80%81)")
"""A mark, also as it is percent-encoded in a link."""


def fill_in(source: str, words: str) -> str:
    """Return a text with the same words in the place of every tag."""
    return _TAG.sub(lambda _: words, source)


def tags_in(source: str) -> Iterator[str]:
    """Yield every tag of a text."""
    return (tag[0] for tag in _TAG.finditer(source))


def replace_tags(source: str, replace: Callable[[str], str]) -> str:
    """Return a text with something else in the place of every tag."""
    return _TAG.sub(lambda tag: replace(tag[0]), source)


class HiddenTags:
    """The tags of one text, while marks stand for them."""

    def __init__(self) -> None:
        self._tags: list[str] = []

    def hide(self, source: str) -> str:
        """Return the text with a mark for every tag."""
        return _TAG.sub(self._hide, source.replace(_OPEN, "").replace(_CLOSE, ""))

    def put_back(self, text: str) -> str:
        """Return the text with its tags; marks that stand for none are left."""
        return _MARKED.sub(self._put_back, text)

    def writes(self, marks: str) -> bool:
        """Whether one of these marks stands for a tag that writes something out."""
        return any(self._tags[int(number)].startswith("{{") for number in _MARKED.findall(marks))

    def _hide(self, match: re.Match[str]) -> str:
        self._tags.append(match[0])
        return f"{_OPEN}{len(self._tags) - 1}{_CLOSE}"

    def _put_back(self, match: re.Match[str]) -> str:
        number = int(match[1])
        return self._tags[number] if number < len(self._tags) else match[0]
