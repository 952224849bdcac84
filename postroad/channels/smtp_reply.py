"""Reading what an SMTP server answers: its code, its enhanced status, its wish to be left alone."""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from postroad.channels.base import one_line

_MOST_READ = 1_000
"""Characters of a reply that are looked at: a hostile server may send 32 KB."""

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
"""RFC 3463, 2; the look-arounds keep addresses such as 5.7.1.22 out."""

_VERB = r"(?:again|retry|wait|delayed|deferred|available|back ?off|gr[ae]y-?listed|resume)"
_SPAN_WITH_UNIT = re.compile(
    rf"{_VERB}[^.;]{{0,24}}?\b(\d{{1,6}})\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?)\b",
    re.IGNORECASE,
)
_BARE_SECONDS = re.compile(
    r"(?:again|retry)[ -]?(?:after|in)?\s*(?:[:=]|after|in)?\s*\b(\d{1,6})\b(?![:.-])",
    re.IGNORECASE,
)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

_QUEUE_ID = re.compile(r"(?:queued as|\bid=)\s*<?([\w.!@/+=-]{1,200})", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """One answer; the lines of a longer one are joined by line feeds."""

    code: int
    text: str

    @cached_property
    def words(self) -> str:
        """Code and text, as people know them from logs, on one line."""
        return one_line(f"{self.code} {self._start}")

    @cached_property
    def enhanced(self) -> str | None:
        """The enhanced status (RFC 3463) of the same class as the code, where there is one."""
        for status in _STATUS.findall(self._start):
            if status[0] == str(self.code)[0]:
                return str(status)
        return None

    @cached_property
    def retry_after(self) -> timedelta | None:
        """How long the server asks to be left alone, where its words say so."""
        text = self._start.replace("\n", " ")
        if found := _SPAN_WITH_UNIT.search(text):
            seconds = int(found[1]) * _SECONDS[found[2][0].lower()]
        elif found := _BARE_SECONDS.search(text):
            seconds = int(found[1])
        else:
            return None
        return timedelta(seconds=seconds) if seconds else None

    @property
    def queue_id(self) -> str | None:
        """The server's own id of an accepted message, where its words give one."""
        found = _QUEUE_ID.search(self._start)
        return found[1].rstrip(".") if found else None

    @property
    def _start(self) -> str:
        return self.text[:_MOST_READ]
