"""Which of our mails a notice is about: the ids in what it returns."""

import re
from dataclasses import dataclass

from postroad.inbox.notice import Notice
from postroad.inbox.parsing import RETURNED, Mail, Part, split_message

_CHARACTER = r"[^<>\s\x00-\x20\x7f-\x9f]"
_BRACKETED = rf"<{_CHARACTER}{{1,500}}>"
_ID = re.compile(rf"{_BRACKETED}|{_CHARACTER}{{1,500}}")
_IN_HEADER = re.compile(_BRACKETED)
_MESSAGE_ID = re.compile(
    r"^[ \t>]{0,40}(?:original-)?message-id[ \t]{0,10}:[ \t]{0,10}(?:\n[ \t>]{1,40})?"
    rf"({_BRACKETED}|{_CHARACTER}{{1,500}})",
    re.IGNORECASE | re.MULTILINE,
)
_POSTROAD = re.compile(
    rf"^[ \t>]{{0,40}}x-postroad-message[ \t]{{0,10}}:[ \t]{{0,10}}({_CHARACTER}{{1,500}})",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Original:
    """What is known of the mail that a notice is about."""

    message_id: str | None = None
    """With its angle brackets."""
    postroad_message: str | None = None


def find_original(mail: Mail, notice: Notice) -> Original:
    """Return the ids of the mail that came back: from its headers, or from what is quoted."""
    found = [_from_part(part) for part in mail.of_type(*RETURNED)]
    found += [_from_text(notice.returned)]
    found += [_from_text(part.text) for part in mail.parts if part.type.startswith("text/")]
    return Original(
        next((one.message_id for one in found if one.message_id), answered_id(mail)),
        next((one.postroad_message for one in found if one.postroad_message), None),
    )


def answered_id(mail: Mail) -> str | None:
    """Return the Message-ID that a mail says it answers (RFC 5322, 3.6.4)."""
    answered = _IN_HEADER.findall(mail.headers["in-reply-to"])
    thread = _IN_HEADER.findall(mail.headers["references"])
    ids = answered or thread[-1:]
    return str(ids[0]) if ids else None


def _from_part(part: Part) -> Original:
    headers, _ = split_message(part.content)
    found = _ID.search(headers["message-id"])
    own = _POSTROAD.search("x-postroad-message: " + headers["x-postroad-message"])
    if found is None and "message-id" not in headers:
        return _from_text(part.text)
    return Original(_bracketed(found[0]) if found else None, own[1] if own else None)


def _from_text(text: str) -> Original:
    found = _MESSAGE_ID.search(text)
    own = _POSTROAD.search(text)
    return Original(_bracketed(found[1]) if found else None, own[1] if own else None)


def _bracketed(message_id: str) -> str:
    return message_id if message_id.startswith("<") else f"<{message_id}>"
