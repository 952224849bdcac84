"""Delivery status notifications: the fields made for machines decide (RFC 3464)."""

from datetime import date

import pytest

from postroad.inbox.judge import judge
from postroad.inbox.verdict import RecipientVerdict, Verdict
from tests.inbox.notices import RETURNED


def dsn(*groups: str, words: str = "Your message could not be delivered.", head: str = "") -> bytes:
    """Compose a notice with delivery-status fields and the headers of the mail it returns."""
    fields = "\n\n".join(("Reporting-MTA: dns; mx.test", *groups))
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.test\nTo: dana@acme.test\n"
        f"Subject: Undelivered Mail Returned to Sender\n{head}"
        'Content-Type: multipart/report; report-type=delivery-status;\n boundary="=_b"\n\n'
        f"--=_b\nContent-Type: text/plain\n\n{words}\n"
        f"--=_b\nContent-Type: message/delivery-status\n\n{fields}\n"
        f"--=_b\nContent-Type: text/rfc822-headers\n\n{RETURNED}\n--=_b--\n"
    ).encode()


def group(action: str, status: str, diagnosis: str = "", address: str = "kay@wing.test") -> str:
    """Compose the fields of one recipient."""
    told = f"\nDiagnostic-Code: smtp; {diagnosis}" if diagnosis else ""
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}{told}"


def test_every_field_of_a_verdict_comes_from_a_notice() -> None:
    assert judge(dsn(group("failed", "5.1.1", "550 5.1.1 No such user"))) == Verdict(
        kind="hard",
        action="failed",
        recipients=(RecipientVerdict("kay@wing.test", "5.1.1", "user_unknown"),),
        status="5.1.1",
        reason="user_unknown",
        at_fault="recipient",
        original_message_id="<sent.1@acme.test>",
        postroad_message="q4/intro/p17",
        return_date=None,
    )


@pytest.mark.parametrize(
    ("action", "kind", "judged"),
    [
        ("failed", "hard", "failed"),
        ("Failed (after 3 tries)", "hard", "failed"),
        ("delayed", "soft", "delayed"),
        ("delivered", "other", "delivered"),
        ("relayed", "other", "delivered"),
        ("expanded", "other", "delivered"),
    ],
)
def test_the_action_decides_not_the_status(action: str, kind: str, judged: str) -> None:
    verdict = judge(dsn(group(action, "5.1.1")))
    assert (verdict.kind, verdict.action) == (kind, judged)


def test_without_an_action_the_class_of_the_status_decides() -> None:
    fields = "Final-Recipient: rfc822; kay@wing.test\nStatus: {}"
    assert judge(dsn(fields.format("5.1.1"))).kind == "hard"
    assert judge(dsn(fields.format("2.0.0"))).action == "delivered"


def test_only_those_who_failed_are_named_beside_those_who_got_it() -> None:
    verdict = judge(
        dsn(
            group("delivered", "2.0.0", address="lee@wing.test"),
            group("failed", "5.2.2", address="kay@wing.test"),
            group("failed", "5.1.1", address="max@wing.test"),
        )
    )
    assert verdict.kind == "hard"
    assert [(one.address, one.reason) for one in verdict.recipients] == [
        ("kay@wing.test", "mailbox_full"),
        ("max@wing.test", "user_unknown"),
    ]


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ("Final-Recipient: RFC822; <kay@wing.test>", "kay@wing.test"),
        ("Final-Recipient: kay@wing.test", "kay@wing.test"),
        ("Final-Recipient: rfc822; @relay.test:kay@wing.test", "kay@wing.test"),
        (
            "Original-Recipient: rfc822; kay@wing.test\nFinal-Recipient: rfc822; k17@s.wing.test",
            "kay@wing.test",
        ),
        (
            "Original-Recipient: x400; /S=kay/\nFinal-Recipient: rfc822; kay@wing.test",
            "kay@wing.test",
        ),
        ("Final-Recipient: rfc822; kay@wing.test (Kay)", "kay@wing.test"),
    ],
)
def test_whom_we_wrote_to_is_found(fields: str, address: str) -> None:
    verdict = judge(dsn(f"{fields}\nAction: failed\nStatus: 5.1.1"))
    assert [one.address for one in verdict.recipients] == [address]


@pytest.mark.parametrize(
    ("told", "diagnosis", "status"),
    [
        ("5.1.1", "550 5.7.1 other", "5.1.1"),
        ("5.0.0", "550 5.7.1 Denied", "5.7.1"),
        ("4.4.7", "450 4.7.1 Client host rejected", "4.7.1"),
        ("5.0.0", "550 Denied by 5.7.1.22", "5.0.0"),
        ("5.2.1 (mailbox disabled)", "550 no", "5.2.1"),
    ],
)
def test_the_status_that_says_most_counts(told: str, diagnosis: str, status: str) -> None:
    assert judge(dsn(group("failed", told, diagnosis))).status == status


def test_where_fields_say_nothing_the_words_for_people_explain() -> None:
    verdict = judge(
        dsn(
            group("failed", "5.0.0"),
            words="<kay@wing.test>: host mx.wing.test said: 550 Mailbox is full",
        )
    )
    assert verdict.reason == "mailbox_full"


def test_fields_are_found_where_the_structure_of_the_mail_is_lost() -> None:
    torn = dsn(group("failed", "5.1.1")).replace(b'boundary="=_b"', b'boundary="lost"')
    assert [one.address for one in judge(torn).recipients] == ["kay@wing.test"]


def test_fields_with_windows_line_ends_read_the_same() -> None:
    mail = dsn(group("failed", "5.1.1", "550 no such user"))
    assert judge(mail.replace(b"\n", b"\r\n")) == judge(mail)


def test_a_read_receipt_is_no_notice_unless_it_refuses() -> None:
    receipt = (
        "From: kay@wing.test\nTo: dana@acme.test\nSubject: {}\nContent-Type: multipart/report;"
        ' report-type=disposition-notification; boundary="b"\n\n--b\n\n{}\n'
        "--b\nContent-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822; kay@wing.test\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\n--b--\n"
    )
    read = receipt.format("Read: A question", "Your message was read.")
    refused = receipt.format(
        "Automatically rejected mail",
        "Your message to <kay@wing.test> was automatically rejected:\nQuota exceeded",
    )
    assert judge(read.encode()).kind == "other"
    assert judge(refused.encode()).reason == "mailbox_full"


def test_a_notice_is_no_auto_reply_though_it_is_auto_replied() -> None:
    verdict = judge(dsn(group("failed", "5.1.1"), head="Auto-Submitted: auto-replied\n"))
    assert verdict.kind == "hard"
    assert verdict.return_date != date.min
