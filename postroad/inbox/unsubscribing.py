"""Mails that ask for no more mail.

Either a mail program sent one to the address in List-Unsubscribe, and its subject has our token;
or somebody answered with nothing but the request. Whoever says more is a person to talk to: their
answer ends the sequence as any answer does, and a rep reads it.
"""

import re

from postroad.inbox.headers import Headers
from postroad.inbox.notice import read_notice
from postroad.inbox.parsing import READ_MAX, read_mail, split_message
from postroad.inbox.phrases.prefixes import REPLY_PREFIX
from postroad.inbox.phrases.unsubscribing import COURTESY, DEVICE, REQUEST
from postroad.inbox.quoting import own_words
from postroad.inbox.verdict import Verdict

_TOKEN = re.compile(r"\bunsubscribe\s{1,5}([0-9a-f]{16}-[0-9a-f]{8})\b", re.IGNORECASE)
_SUBJECT_MAX = 500
_LONGEST_REQUEST = 160
_PUNCTUATION = re.compile(r"[^\w]+")
_SIGNATURE = "--"
_COURTESIES = 4


def unsubscribe_token(headers: Headers) -> str | None:
    """Return the token in the subject that a List-Unsubscribe link gave the mail."""
    found = _TOKEN.search(headers.words("subject")[:_SUBJECT_MAX])
    return None if found is None else found[1].lower()


def asks_to_unsubscribe(raw: bytes, verdict: Verdict) -> bool:
    """Whether a mail asks for no more mail, and says nothing else.

    Args:
        raw: the mail.
        verdict: its judgement: notices and complaints ask for nothing.
    """
    if verdict.kind not in ("reply", "other", "auto_reply") or verdict.action is not None:
        return False
    headers, _ = split_message(raw[:READ_MAX])
    if unsubscribe_token(headers) is not None:
        return True
    if verdict.kind != "reply":
        return False
    said = _said(read_notice(read_mail(raw)).words)
    if said:
        return _is_request(said)
    subject = " ".join(headers.words("subject")[:_SUBJECT_MAX].lower().split())
    return REPLY_PREFIX.match(subject) is None and _is_request(subject)


def _said(text: str) -> str:
    """Return what somebody wrote, without their signature and what their phone adds."""
    lines: list[str] = []
    for line in own_words(text).splitlines():
        words = line.strip().lower()
        if words == _SIGNATURE:
            break
        if words and not DEVICE.search(words):
            lines.append(words)
    return " ".join(lines)


def _is_request(words: str) -> bool:
    if len(words) > _LONGEST_REQUEST:
        return False
    words = _PUNCTUATION.sub(" ", words).strip()
    for _ in range(_COURTESIES):
        words = COURTESY.sub("", words).strip()
    return REQUEST.fullmatch(words) is not None
