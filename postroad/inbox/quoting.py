"""What somebody wrote now, apart from what they quote below it."""

import re

_LINE_MAX = 300
_ATTRIBUTION = re.compile(
    r"(?:on|am|le|el|il|em|op|den|dnia|w dniu|в)?\b.{0,250}\b(?:wrote|schrieb\w*|a écrit|escribió|"
    r"ha scritto|escreveu|schreef|skrev|kirjoitti|napisał\w*|написал\w*|пишет)\b.{0,60}[:：]\s*$"
    r"|(?:from|von|de|da|van|od|från|fra|от|差出人|发件人|寄件者|보낸 사람)\s*[:：].{0,200}@"
    r"|.{0,200}(?:のメール|写道|寫道|님이 작성)[:：]\s*$",
    re.IGNORECASE,
)
"""The line above a quoted mail."""


def own_words(text: str) -> str:
    """Return a text without lines quoted by `>`, and without what follows `… wrote:`."""
    own: list[str] = []
    for line in text.splitlines():
        begin = line[:_LINE_MAX].strip()
        if _ATTRIBUTION.match(begin):
            break
        if not begin.startswith(">"):
            own.append(line)
    return "\n".join(own)
