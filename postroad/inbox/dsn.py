"""Delivery status notifications (RFC 3464): one group of fields per recipient."""

import re
from collections.abc import Iterator

from postroad.inbox.addresses import address_of_field
from postroad.inbox.parsing import Mail
from postroad.inbox.recipient_report import RecipientReport, explanation
from postroad.inbox.statuses import statuses_in
from postroad.inbox.verdict import Action

_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RECIPIENTS_MAX = 200
_FIELD = re.compile(r"([A-Za-z][A-Za-z-]{2,40})[ \t]*:[ \t]*(.*)")
_INLINE = re.compile(r"^(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_CISCO = re.compile(r"(?:smtp; ?)?[45]\.\d\.\d - [\w ]{0,60}? (\d{3}-'.*)", re.IGNORECASE)
"""`5.1.0 - Unknown address error 550-'5.7.1 Access denied'`: only the quoted half is about us."""
_BLANK_LINES = re.compile(r"\n[ \t]*\n")

_ACTIONS: dict[str, Action] = {
    "failed": "failed",
    "failure": "failed",
    "fail": "failed",
    "error": "failed",
    "delayed": "delayed",
    "delay": "delayed",
    "delivered": "delivered",
    "deliverable": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
"""The actions of RFC 3464, 2.3.3, and what machines write instead of them."""
_BY_CLASS: dict[str, Action] = {"5": "failed", "4": "failed", "2": "delivered"}


def read_dsn(mail: Mail) -> list[RecipientReport]:
    """Return what the delivery-status part of a mail reports; nothing where it has none."""
    return [report for part in mail.of_type(*_TYPES) for report in _reports(part.text)]


def read_inline_dsn(text: str) -> list[RecipientReport]:
    """Return what delivery-status fields in the middle of a text report."""
    found = _INLINE.search(text)
    if found is None:
        return []
    return list(_reports(text[text.rfind("\n\n", 0, found.start()) + 1 :]))


def _reports(text: str) -> Iterator[RecipientReport]:
    for group in _BLANK_LINES.split(text, _RECIPIENTS_MAX):
        fields = _fields(group)
        if fields.keys() & {"final-recipient", "original-recipient", "x-actual-recipient"}:
            yield _report(fields)


def _report(fields: dict[str, str]) -> RecipientReport:
    told = statuses_in(fields.get("status", ""))
    status = told[0] if told else None
    words = f"{_diagnosis(fields)} {fields.get('x-supplementary-info', '')}".strip()
    return RecipientReport(
        address=_address(fields),
        words=explanation(words or fields.get("status", "")),
        action=_action(fields, status),
        status=status,
    )


def _action(fields: dict[str, str], status: str | None) -> Action | None:
    """Return the action; where none is told, the class of the status stands for it."""
    told = re.match(r"[a-z]+", fields.get("action", "").lower())
    if told and told[0] in _ACTIONS:
        return _ACTIONS[told[0]]
    return _BY_CLASS[status[0]] if status else None


def _address(fields: dict[str, str]) -> str | None:
    """Return whom we wrote to: the original recipient, where that is an address at all."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        if address := address_of_field(fields.get(name, "")):
            return address
    return None


def _diagnosis(fields: dict[str, str]) -> str:
    """Return the Diagnostic-Code; of one that Cisco's gateways wrap, what the server said."""
    words = fields.get("diagnostic-code", "")
    wrapped = _CISCO.match(words)
    return wrapped[1] if wrapped else words


def _fields(group: str) -> dict[str, str]:
    """Read one group; the first of several fields of a name counts."""
    fields: dict[str, str] = {}
    name = ""
    for line in group.splitlines():
        found = _FIELD.match(line)
        if found and found[1].lower() not in fields:
            name = found[1].lower()
            fields[name] = found[2].strip()
        elif name and line.strip() and not found:
            fields[name] += " " + line.strip()
    return fields
