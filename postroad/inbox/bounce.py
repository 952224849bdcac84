"""Delivery notices: whether a mail is one, whom it names, and what it says of them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from postroad.inbox.dsn import read_dsn, read_inline_dsn
from postroad.inbox.formats import FORMATS
from postroad.inbox.formats.ses import read_ses
from postroad.inbox.notice import Notice
from postroad.inbox.original import find_original
from postroad.inbox.parsing import Mail
from postroad.inbox.phrases.notices import DELAY_WORDS, GIVEN_UP
from postroad.inbox.reasons import PASSING, UNKNOWN, Cause, cause_of
from postroad.inbox.recipient_report import RecipientReport, explanation
from postroad.inbox.recognition import is_by_a_person, is_notice
from postroad.inbox.statuses import most_telling
from postroad.inbox.verdict import DEAD, Action, RecipientVerdict, Verdict
from postroad.inbox.writer import Writer

_WORST_FIRST: tuple[Action, ...] = ("failed", "delayed", "delivered")
_OTHER_REPORTS = ("disposition-notification", "feedback-report", "tlsrpt")
_REFUSED_BY_MDN = re.compile(
    r"was automatically rejected|refused by the recipient's mail filter", re.IGNORECASE
)
"""Dovecot and Sieve's reject (RFC 5429, 2.1.1.2) put a refusal into a read receipt."""


def judge_bounce(mail: Mail, writer: Writer, notice: Notice) -> Verdict | None:
    """Judge a delivery notice; None where the mail is something else."""
    if mail.report_type in _OTHER_REPORTS and not _REFUSED_BY_MDN.search(notice.first_words):
        return None
    told = [] if is_by_a_person(writer) else read_dsn(mail) or read_ses(mail)
    if not told and not is_notice(mail, writer, notice):
        return None
    verdict = _verdict(_reports(mail, notice, told), notice, writer)
    original = find_original(mail, notice)
    return replace(
        verdict,
        original_message_id=original.message_id,
        postroad_message=original.postroad_message,
    )


def _reports(mail: Mail, notice: Notice, told: list[RecipientReport]) -> list[RecipientReport]:
    """Return whom a notice names: from fields made for it, or else from its words."""
    told = told or read_inline_dsn(notice.words)
    read = next((found for read in FORMATS if (found := read(mail, notice))), [])
    if not told:
        return read
    return [_completed(report, read) for report in told]


def _completed(report: RecipientReport, read: Sequence[RecipientReport]) -> RecipientReport:
    """Add to a delivery-status group what the words for people say of the same recipient."""
    if report.address is None or "@" not in report.address:
        report = replace(report, address=read[0].address if read else None)
    same = [one for one in read if (one.address or "").lower() == (report.address or "").lower()]
    words = next((one.words for one in same or read[:1]), "")
    return replace(
        report, words=report.words if _explains(report) else f"{report.words} {words}".strip()
    )


def _explains(report: RecipientReport) -> bool:
    """Whether the words of a delivery-status group are more than a code."""
    return sum(character.isalpha() for character in report.words) > 12


def _verdict(reports: list[RecipientReport], notice: Notice, writer: Writer) -> Verdict:
    """Judge those whom it went worst for; the verdict's reason is the first dead address's."""
    whole = _action_of(notice, writer)
    reports = reports or [RecipientReport(None, explanation(notice.words))]
    action = next(
        action for action in _WORST_FIRST if any((one.action or whole) == action for one in reports)
    )
    concerned = [one for one in reports if (one.action or whole) == action]
    if action == "delivered":
        reached = (RecipientVerdict(one.address, one.status) for one in concerned if one.address)
        return Verdict("other", action, tuple(reached), concerned[0].status)
    judged = [(one.address, *_judge(one, notice, action)) for one in concerned]
    dead = [one for one in judged if action == "failed" and one[2].reason in DEAD]
    _, status, cause = (dead or judged)[0]
    failed: dict[str, RecipientVerdict] = {}
    for address, its_status, its_cause in judged:
        if address:
            verdict = RecipientVerdict(address, its_status, its_cause.reason)
            failed.setdefault(address.lower(), verdict)
    return Verdict(
        kind="hard" if dead else "soft",
        action=action,
        recipients=tuple(failed.values()),
        status=status,
        reason=cause.reason,
        at_fault=cause.at_fault,
    )


def _action_of(notice: Notice, writer: Writer) -> Action:
    """Say whether a notice without fields is about a failure or a delay."""
    said = f"{writer.subject} {notice.first_words}"
    return "delayed" if DELAY_WORDS.search(said) and not GIVEN_UP.search(said) else "failed"


def _judge(report: RecipientReport, notice: Notice, action: Action) -> tuple[str | None, Cause]:
    status = most_telling(report.status, report.words) or most_telling(None, notice.words)
    cause = cause_of(report.words, status, explanation(notice.words))
    if cause is UNKNOWN and action == "delayed":
        cause = PASSING  # what is tried again has not been refused
    return status, cause
