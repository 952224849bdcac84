"""Who wrote a mail, by its headers: a mail system, a program, a list, or a person."""

from dataclasses import dataclass

from postroad.inbox.headers import Headers
from postroad.inbox.phrases.mail_systems import MACHINE_SENDERS
from postroad.inbox.phrases.prefixes import FORWARD_PREFIX, REPLY_PREFIX

_SUBJECT_MAX = 500
_LIST_HEADERS = ("list-unsubscribe", "list-id", "list-post", "feedback-id", "x-campaign-id")
_BULK = ("bulk", "list", "junk")


@dataclass(frozen=True, slots=True)
class Writer:
    """What the headers of a mail say about who wrote it."""

    is_mail_system: bool
    """It calls itself a mail system (postmaster, MAILER-DAEMON)."""
    has_null_sender: bool
    """Return-Path: <>, which notices must have (RFC 5321, 6.1) and bounce nowhere."""
    auto_submitted: str
    """The keyword of RFC 3834, 5: auto-generated, auto-replied or another; empty for people."""
    is_bulk: bool
    """It went to many: a list, a newsletter."""
    subject: str
    """Decoded, in lower case, with single spaces."""
    in_thread: bool
    """It names the mail that it answers (RFC 5322, 3.6.4)."""
    has_prefix: bool
    """Its subject begins as those of answers and of forwarded mails do."""
    answers: bool
    """It is an answer, by its thread or its subject."""


def writer_of(headers: Headers) -> Writer:
    """Read who wrote a mail."""
    subject = " ".join(headers.words("subject")[:_SUBJECT_MAX].lower().split())
    keyword = headers.token("auto-submitted")
    in_thread = bool(headers["in-reply-to"] or headers["references"])
    is_reply = REPLY_PREFIX.match(subject) is not None
    return Writer(
        is_mail_system=MACHINE_SENDERS.search(headers.words("from")[:_SUBJECT_MAX].lower())
        is not None,
        has_null_sender=headers["return-path"].strip() == "<>",
        auto_submitted="" if keyword == "no" else keyword,
        is_bulk=any(name in headers for name in _LIST_HEADERS)
        or headers.token("precedence") in _BULK,
        subject=subject,
        in_thread=in_thread,
        has_prefix=is_reply or FORWARD_PREFIX.match(subject) is not None,
        answers=in_thread or is_reply,
    )
