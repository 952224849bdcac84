"""Complaints: somebody pressed the spam button (RFC 5965, and what came before it)."""

import re

from postroad.inbox.addresses import address_of_field, addresses_in
from postroad.inbox.formats.ses import read_ses_complaint
from postroad.inbox.notice import Notice
from postroad.inbox.original import find_original
from postroad.inbox.parsing import RETURNED, Mail, split_message
from postroad.inbox.verdict import Reason, RecipientVerdict, Verdict

_HOTMAIL = "x-hmxmroriginalrecipient"
"""Outlook.com's own reports (JMRP) name the person in this header of the returned mail."""
_RECIPIENT = re.compile(
    r"^(?:original-rcpt-to|removal-recipient|original-recipient)[ \t]*:(.{0,400})$",
    re.IGNORECASE | re.MULTILINE,
)
_TYPE = re.compile(r"^feedback-type[ \t]*:[ \t]*([\w-]{1,40})", re.IGNORECASE | re.MULTILINE)
_BY_TYPE: dict[str, Reason] = {
    "auth-failure": "policy",
    "dmarc": "policy",
    "virus": "content",
    "not-spam": "unknown",
    "other": "unknown",
}
"""Feedback types that are not somebody's complaint (RFC 5965, 3.1 and 7.3; RFC 6591)."""
_OLD_SUBJECT = re.compile(
    r"complaint about message from|e?-?mail (?:abuse|feedback) report|abuse report|"
    r"fbl (?:report|complaint)|feedback loop|client tos notification",
    re.IGNORECASE,
)


def judge_feedback(mail: Mail, notice: Notice) -> Verdict | None:
    """Judge a complaint; None where the mail is something else."""
    complainers = read_ses_complaint(mail)
    if not (complainers or _is_report(mail, notice)):
        return None
    original = find_original(mail, notice)
    reason = _reason(mail)
    return Verdict(
        "feedback",
        recipients=tuple(
            RecipientVerdict(one, None, reason) for one in complainers or _named(mail, notice)
        ),
        reason=reason,
        original_message_id=original.message_id,
        postroad_message=original.postroad_message,
    )


def _is_report(mail: Mail, notice: Notice) -> bool:
    if mail.report_type == "feedback-report" or any(mail.of_type("message/feedback-report")):
        return True
    if not any(mail.of_type(*RETURNED)):
        return False
    titled = _OLD_SUBJECT.search(mail.headers.words("subject")) is not None
    return titled or "email abuse report for an email message" in notice.first_words


def _reason(mail: Mail) -> Reason:
    """Say what is reported: only `spam` is somebody's complaint about our mail."""
    for part in mail.of_type("message/feedback-report"):
        if found := _TYPE.search(part.text):
            return _BY_TYPE.get(found[1].lower(), "spam")
    return "spam"


def _named(mail: Mail, notice: Notice) -> list[str]:
    """Return who complained: as the report names them, or else whom the returned mail went to."""
    named = [
        address
        for part in mail.of_type("message/feedback-report")
        for value in _RECIPIENT.findall(part.text)
        if (address := address_of_field(value))
    ]
    if not named and (returned := next(mail.of_type(*RETURNED), None)):
        headers, _ = split_message(returned.content)
        named = list(addresses_in(headers[_HOTMAIL] or headers["to"]))
    return list(dict.fromkeys(one for one in named if one.lower() not in notice.ours))
