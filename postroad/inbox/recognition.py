"""Telling notices that lack machine-readable fields from what only looks like one."""

from postroad.inbox.notice import Notice
from postroad.inbox.parsing import RETURNED, Mail
from postroad.inbox.phrases.notices import BOUNCE_SUBJECTS, BOUNCE_WORDS, NOTICE_OPENINGS
from postroad.inbox.writer import Writer

_OPENING_WORDS = 250


def is_by_a_person(writer: Writer) -> bool:
    """Whether somebody answers or passes on a notice: only machines write notices themselves."""
    by_machine = writer.is_mail_system or writer.has_null_sender or writer.auto_submitted
    return writer.has_prefix and not by_machine


def is_notice(mail: Mail, writer: Writer, notice: Notice) -> bool:
    """Whether a mail without delivery-status is a notice, by who wrote it and what it says.

    No single sign suffices: newsletters use the same subjects, and people quote the same words.
    """
    if is_by_a_person(writer) or mail.type == "text/calendar":
        return False
    if notice.named or mail.type == "multipart/report":
        return True
    titled = BOUNCE_SUBJECTS.search(writer.subject) is not None
    says = BOUNCE_WORDS.search(notice.first_words) is not None
    opens = NOTICE_OPENINGS.search(notice.first_words[:_OPENING_WORDS]) is not None
    returns = bool(notice.returned) or any(mail.of_type(*RETURNED))
    shows = returns or bool(notice.failed_addresses_in(notice.first_words))
    if writer.is_mail_system:
        return (titled and (says or shows)) or (says and shows)
    if opens and says and shows and not writer.in_thread:
        return True
    if writer.has_null_sender or writer.auto_submitted:
        return titled and says and shows
    return titled and says and returns and not writer.is_bulk
