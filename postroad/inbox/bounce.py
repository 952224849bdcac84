"""Delivery notices: whether a mail is one, whom it names, and what it says of them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from postroad.inbox.dsn import read_dsn, read_inline_dsn
from postroad.inbox.formats import FORMATS
from postroad.inbox.formats.ses import read_ses
from postroad.inbox.notice import Notice
from postroad.inbox.original import find_original
from postroad.inbox.parsing import Mail
from postroad.inbox.phrases.delays import DELAY_WORDS, GIVEN_UP
from postroad.inbox.reason_codes import PASSING, UNKNOWN, Cause
from postroad.inbox.reasons import cause_of
from postroad.inbox.recipient_report import RecipientReport, explanation
from postroad.inbox.recognition import is_by_a_person, is_notice
from postroad.inbox.statuses import most_telling
from postroad.inbox.verdict import DEAD, Action, RecipientVerdict, Verdict
from postroad.inbox.writer import Writer

_WORST_FIRST: tuple[Action, ...] = ("failed", "delayed", "delivered")
_LETTERS_OF_A_CODE = 12
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
    verdict = _verdict(_reports(notice, told), notice, writer)
    original = find_original(mail, notice)
    return replace(
        verdict,
        original_message_id=original.message_id,
        postroad_message=original.postroad_message,
    )


def _reports(notice: Notice, told: list[RecipientReport]) -> list[RecipientReport]:
    """Return whom a notice names: from fields made for it, completed by or read from its words."""
    told = told or read_inline_dsn(notice.words)
    if told and all(report.address and _explains(report) for report in told):
        return told
    read = next((found for read in FORMATS if (found := read(notice))), [])
    return [_completed(report, read) for report in told] if told else read


def _completed(report: RecipientReport, read: Sequence[RecipientReport]) -> RecipientReport:
    """Add to a delivery-status group what the words for people say of the same recipient."""
    if report.address is None:
        report = replace(report, address=read[0].address if read else None)
    if _explains(report):
        return report
    same = [one for one in read if (one.address or "").lower() == (report.address or "").lower()]
    words = next((one.words for one in same or read[:1]), "")
    return replace(report, words=f"{report.words} {words}".strip())


def _explains(report: RecipientReport) -> bool:
    """Whether a delivery-status group says more than a code."""
    return sum(character.isalpha() for character in report.words) > _LETTERS_OF_A_CODE


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is thought of one recipient's report."""

    address: str | None
    status: str | None
    cause: Cause


def _verdict(reports: list[RecipientReport], notice: Notice, writer: Writer) -> Verdict:
    """Judge those whom it went worst for; the verdict's reason is the first dead address's."""
    whole = _action_of(notice, writer)
    reports = reports or [RecipientReport(None, explanation(notice.words))]
    actions = {report.action or whole for report in reports}
    action = next(action for action in _WORST_FIRST if action in actions)
    concerned = [report for report in reports if (report.action or whole) == action]
    if action == "delivered":
        reached = (RecipientVerdict(one.address, one.status) for one in concerned if one.address)
        return Verdict("other", action, tuple(reached), concerned[0].status)
    judged = [_judge(report, notice, action) for report in concerned]
    dead = [one for one in judged if action == "failed" and one.cause.reason in DEAD]
    leading = (dead or judged)[0]
    return Verdict(
        kind="hard" if dead else "soft",
        action=action,
        recipients=_recipients(judged),
        status=leading.status,
        reason=leading.cause.reason,
        at_fault=leading.cause.at_fault,
    )


def _recipients(judged: Iterable[_Judged]) -> tuple[RecipientVerdict, ...]:
    """Return the recipients, each once; the first that is said of an address counts."""
    named: dict[str, RecipientVerdict] = {}
    for one in judged:
        if one.address is not None:
            verdict = RecipientVerdict(one.address, one.status, one.cause.reason)
            named.setdefault(one.address.lower(), verdict)
    return tuple(named.values())


def _action_of(notice: Notice, writer: Writer) -> Action:
    """Say whether a notice without fields is about a failure or a delay."""
    said = f"{writer.subject} {notice.first_words}"
    return "delayed" if DELAY_WORDS.search(said) and not GIVEN_UP.search(said) else "failed"


def _judge(report: RecipientReport, notice: Notice, action: Action) -> _Judged:
    status = most_telling(report.status, report.words) or most_telling(None, notice.words)
    cause = cause_of(report.words, status, explanation(notice.words))
    if cause is UNKNOWN and action == "delayed":
        cause = PASSING  # what is tried again has not been refused
    return _Judged(report.address, status, cause)
