"""What nearly all notices share: a line that begins with an address, and its explanation below."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from postroad.inbox.addresses import ADDRESS
from postroad.inbox.notice import Notice
from postroad.inbox.recipient_report import WORDS_MAX, RecipientReport, explanation

_RECIPIENTS_MAX = 200
_LINE_MAX = 500
_LINE = re.compile(
    r"[ \t]{0,40}(?:[-*•>·]{1,3}[ \t]{0,10})?(?:[\w .,'\"()-]{0,80}?<mailto:|mailto:|smtp:)?"
    rf"[<\"'\[]{{0,3}}({ADDRESS})['\"\]>]{{0,3}}(?P<rest>\s*(?:$|[:;,(<\[]|\.\.\.|-\s|on\s|\s|=>).*)"
)
"""A line that begins with an address; `rest` holds what the line says of it."""

Chooser = Callable[[str], str | None]
"""Returns the address that a line begins a paragraph about, or None."""


def paragraphs(text: str, notice: Notice) -> list[RecipientReport]:
    """Return a report for every address that begins a line, with what follows as its words."""
    indents: list[int] = []

    def chosen(line: str) -> str | None:
        found = _LINE.match(line[:_LINE_MAX])
        indent = len(line) - len(line.lstrip())
        if found is None or indent > min(indents, default=indent):
            return None  # further in than the recipients stand explanations
        address = next(iter(notice.failed_addresses_in(found[1])), None)
        if address is not None:
            indents.append(indent)
        return address

    return by_lines(text.splitlines(), chosen)


def by_lines(lines: Iterable[str], chosen: Chooser) -> list[RecipientReport]:
    """Cut lines into reports: each begins where a line names somebody new."""
    found: dict[str, tuple[str, list[str]]] = {}
    current: list[str] = []
    for line in lines:
        address = chosen(line)
        if address is not None and len(found) < _RECIPIENTS_MAX:
            current = found.setdefault(address.lower(), (address, []))[1]
        current.append(line)
    return list(_with_shared_words(_report(address, words) for address, words in found.values()))


def _report(address: str, lines: list[str]) -> RecipientReport:
    words = explanation("\n".join(lines)[: 2 * WORDS_MAX])
    return RecipientReport(address, words)


def _with_shared_words(reports: Iterable[RecipientReport]) -> Iterator[RecipientReport]:
    """Give addresses that are only listed the explanation that stands behind the last of them."""
    listed: list[RecipientReport] = []
    for report in reports:
        listed.append(report)
        if _explains(report):
            yield from (
                replace(one, words=report.words) if one is not report else one for one in listed
            )
            listed = []
    yield from listed


def _explains(report: RecipientReport) -> bool:
    return len(report.words) > len(report.address or "") + 12
