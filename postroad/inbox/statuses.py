"""Finding enhanced status codes (RFC 3463) and SMTP reply codes (RFC 5321) in words."""

import re

_STATUS = re.compile(r"(?<![\w.])([245]\.[0-7]\.\d{1,3})(?![\w]|\.\d)")
"""Subjects end at 7, which keeps versions and dates out; the look-arounds keep IP addresses out."""
_EXPIRED = "4.4.7"
_REPLY = re.compile(r"(?<![\w.:/#=-])([45][0-5]\d)(?=[ \-#:,.]|$)(?!\.\d)")


def statuses_in(words: str) -> list[str]:
    """Return the enhanced status codes in a text, in order."""
    return _STATUS.findall(words)


def reply_in(words: str) -> str | None:
    """Return the first SMTP reply code of a refusal in a text."""
    found = _REPLY.search(words)
    return found[1] if found else None


def most_telling(told: str | None, words: str) -> str | None:
    """Choose the status: the one that is told, unless it says nothing and the words say more.

    `5.0.0` says nothing, `4.4.7` only that time is up; of the words' codes one with a detail comes
    before one without.
    """
    if told is not None and _tells(told):
        return told
    found = statuses_in(words)
    if told is not None:
        found.append(told)
    return max(found, key=_tells, default=None)


def _tells(status: str) -> int:
    _, subject, detail = status.split(".")
    if subject == "0" or status == _EXPIRED:
        return 0
    return 1 if detail == "0" else 2
