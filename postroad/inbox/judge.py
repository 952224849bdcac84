"""The order of judgement: complaints, then bounces, then auto-replies, then people."""

import logging

from postroad.inbox.auto_reply import judge_auto_reply
from postroad.inbox.bounce import judge_bounce
from postroad.inbox.feedback import judge_feedback
from postroad.inbox.notice import read_notice
from postroad.inbox.original import answered_id
from postroad.inbox.parsing import Mail, read_mail
from postroad.inbox.verdict import Verdict
from postroad.inbox.writer import Writer, writer_of

_log = logging.getLogger(__name__)


def judge(raw: bytes) -> Verdict:
    """Judge a mail that came back: any bytes, within milliseconds, without raising."""
    try:
        return judge_strictly(raw)
    except Exception:  # noqa: BLE001 - one mail must not keep a mailbox from being read
        _log.exception("a mail of %d bytes was not judged", len(raw))
        return Verdict("other")


def judge_strictly(raw: bytes) -> Verdict:
    """Judge a mail, and raise what goes wrong: tests look for exactly that."""
    mail = read_mail(raw)
    notice = read_notice(mail)
    writer = writer_of(mail.headers)
    return (
        judge_feedback(mail, notice)
        or judge_bounce(mail, writer, notice)
        or judge_auto_reply(mail, writer, notice)
        or _judge_rest(mail, writer)
    )


def _judge_rest(mail: Mail, writer: Writer) -> Verdict:
    """Tell a person's answer from everything else: newsletters, invitations, read receipts."""
    by_program = bool(
        writer.auto_submitted
        or writer.has_null_sender
        or (writer.is_mail_system and not writer.in_thread)
        or mail.type == "multipart/report"
        or any(mail.of_type("text/calendar"))
    )
    to_many = writer.is_bulk and not writer.in_thread  # lists pass answers on to a shared mailbox
    is_answer = writer.answers and not by_program and not to_many
    return Verdict("reply" if is_answer else "other", original_message_id=answered_id(mail))
