"""Amazon SES: notifications as JSON, where SNS mails them ("SNS notification contents for SES").

Only the first object of the text is read, since SNS adds words of its own below.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from postroad.inbox.addresses import address_of_field
from postroad.inbox.parsing import Mail
from postroad.inbox.recipient_report import RecipientReport, explanation
from postroad.inbox.statuses import statuses_in

_OBJECT = re.compile(r"\s{0,40}\{")


def read_ses(mail: Mail) -> list[RecipientReport]:
    """Return what an SES notification of a bounce or a delivery reports."""
    notification = _notification(mail)
    bounce, delivery = notification.get("bounce"), notification.get("delivery")
    if isinstance(bounce, dict):
        return list(_bounced(bounce))
    if isinstance(delivery, dict):
        return [RecipientReport(one, action="delivered") for one in _texts(delivery, "recipients")]
    return []


def read_ses_complaint(mail: Mail) -> list[str]:
    """Return who complained, as an SES notification of a complaint names them."""
    complaint = _notification(mail).get("complaint")
    if not isinstance(complaint, dict):
        return []
    named = (_address(one) for one in _objects(complaint, "complainedRecipients"))
    return [address for address in named if address]


def _notification(mail: Mail) -> dict[str, Any]:
    text = mail.text
    if not (_OBJECT.match(text) and ('"mail"' in text or '"Message"' in text)):
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


def _bounced(bounce: dict[str, Any]) -> Iterator[RecipientReport]:
    for recipient in _objects(bounce, "bouncedRecipients"):
        if address := _address(recipient):
            told = statuses_in(str(recipient.get("status", "")))
            words = recipient.get("diagnosticCode") or bounce.get("bounceSubType") or ""
            yield RecipientReport(
                address, explanation(str(words)), "failed", told[0] if told else None
            )


def _address(recipient: dict[str, Any]) -> str | None:
    return address_of_field(str(recipient.get("emailAddress", "")))


def _objects(parent: dict[str, Any], key: str) -> list[dict[str, Any]]:
    members = parent.get(key)
    return [one for one in members if isinstance(one, dict)] if isinstance(members, list) else []


def _texts(parent: dict[str, Any], key: str) -> Iterator[str]:
    members = parent.get(key)
    for one in members if isinstance(members, list) else []:
        if address := address_of_field(str(one)):
            yield address
