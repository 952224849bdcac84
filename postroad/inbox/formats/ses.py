"""Amazon SES: bounce notifications as JSON, where SNS mails them instead of a DSN.

The document is the one of "Amazon SNS notification contents for Amazon SES"; only the first
object of the text is read, since SNS adds words of its own below.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from postroad.inbox.notice import Notice
from postroad.inbox.parsing import Mail
from postroad.inbox.recipient_report import RecipientReport, explanation
from postroad.inbox.statuses import statuses_in

_OBJECT = re.compile(r"\s{0,40}\{")


def read(mail: Mail, notice: Notice) -> list[RecipientReport]:
    """Return whom an SES bounce notification names."""
    del notice
    bounce = read_notification(mail.text).get("bounce")
    return list(_reports(bounce)) if isinstance(bounce, dict) else []


def read_notification(text: str) -> dict[str, Any]:
    """Return the SES notification that a text begins with, or nothing."""
    if not _OBJECT.match(text) or ('"mail"' not in text and '"Message"' not in text):
        return {}
    document = _first_object(text)
    inner = document.get("Message")
    return _first_object(inner) if isinstance(inner, str) else document


def _first_object(text: str) -> dict[str, Any]:
    try:
        found, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _reports(bounce: dict[str, Any]) -> Iterator[RecipientReport]:
    recipients = bounce.get("bouncedRecipients")
    for recipient in recipients if isinstance(recipients, list) else ():
        if isinstance(recipient, dict) and isinstance(recipient.get("emailAddress"), str):
            status = statuses_in(str(recipient.get("status", "")))
            words = recipient.get("diagnosticCode") or bounce.get("bounceSubType") or ""
            yield RecipientReport(
                recipient["emailAddress"].strip("<> ")[:320],
                explanation(str(words)),
                "failed",
                status[0] if status else None,
            )
