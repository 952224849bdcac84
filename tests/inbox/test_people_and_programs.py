"""Auto-replies, complaints, people's answers, and what looks like one of them and is not."""

from datetime import date

import pytest

from postroad.inbox.judge import judge
from tests.inbox.notices import RETURNED
from tests.inbox.test_dsn import dsn, group


def mail(
    subject: str, words: str = "Hello.", head: str = "", sender: str = "kay@wing.test"
) -> bytes:
    """Compose a mail that came to us."""
    return (
        f"From: {sender}\nTo: dana@acme.test\nSubject: {subject}\n"
        f"Date: Wed, 12 Jun 2024 17:12:00 +0200\n{head}"
        f"Content-Type: text/plain; charset=utf-8\n\n{words}\n"
    ).encode()


IN_THREAD = "In-Reply-To: <sent.1@acme.test>\nReferences: <sent.0@acme.test> <sent.1@acme.test>\n"


@pytest.mark.parametrize(
    ("subject", "head"),
    [
        ("Re: A question", "Auto-Submitted: auto-replied\n"),
        ("A question", "Auto-Submitted: auto-replied (vacation)\n"),
        ("A question", "X-Autoreply: yes\n"),
        ("A question", "Precedence: auto_reply\n"),
        ("A question", "Message-ID: <17-vac@wing.test>\n"),
        ("Automatic reply: A question", ""),
        ("Out of Office: A question", "X-Auto-Response-Suppress: All\n"),
        ("[Acme] Ticket 17 received", "Auto-Submitted: auto-generated\n" + IN_THREAD),
        ("Automatische Antwort: Eine Frage", ""),
        ("Abwesenheitsnotiz: Eine Frage", ""),
        ("Réponse automatique : Une question", ""),
        ("Respuesta automática: Una pregunta", ""),
        ("Risposta automatica: Una domanda", ""),
        ("Resposta automática: Uma pergunta", ""),
        ("Automatisch antwoord: Een vraag", ""),
        ("Autosvar: Et spørgsmål", ""),
        ("Odpowiedź automatyczna: Pytanie", ""),
        ("Автоответ: Вопрос", ""),
        ("Otomatik Yanıt: Soru", ""),
        ("自動応答: 質問", ""),
        ("自动回复: 问题", ""),
        ("자동 회신: 질문", ""),
    ],
)
def test_a_program_that_answers_for_somebody_is_an_auto_reply(subject: str, head: str) -> None:
    assert judge(mail(subject, head=head)).kind == "auto_reply"


def test_an_auto_reply_tells_the_day_of_return_and_what_it_answers() -> None:
    verdict = judge(mail("Automatic reply: A question", "I am back on 24 June.", IN_THREAD))
    assert verdict.return_date == date(2024, 6, 24)
    assert verdict.original_message_id == "<sent.1@acme.test>"


def test_a_date_in_the_quoted_mail_is_no_return() -> None:
    words = "I am away.\n\n-----Original Message-----\nFrom: Dana\nCan we talk until 24 June?"
    assert judge(mail("Automatic reply: A question", words)).return_date is None


@pytest.mark.parametrize(
    ("subject", "words", "head"),
    [
        ("Re: A question", "Yes please.", IN_THREAD),
        ("Re: A question", "Yes please.", ""),
        ("AW: Eine Frage", "Gerne.", ""),
        ("Re: A question", "Yes.", IN_THREAD + "List-Id: <sales.acme.test>\nPrecedence: list\n"),
        ("A question", "Yes please.", IN_THREAD),
        ("Re: A question", "Yes please.", IN_THREAD + "X-Auto-Response-Suppress: All\n"),
        ("Re: A question", "Yes please.", IN_THREAD + "Auto-Submitted: no\n"),
        ("Re: A question", "I am out of the office on Friday, call me today.", IN_THREAD),
        ("RE: Out of office", "Are you back? Let us talk.", IN_THREAD),
        ("Re: Out of office: A question",
         "Thanks, next week then.\n\n> I am out of the office until 24 June.", IN_THREAD),
        ("AW: Abwesenheitsnotiz: Eine Frage",
         "Bin wieder da!\n\nAm 12.06.2024 schrieb Kay:\nIch bin bis 24.06. im Urlaub", IN_THREAD),
        ("Vacation rental offer", "Let us talk.", IN_THREAD),
        ("RE: A question", "I am out of the office on Friday.",
         IN_THREAD + "X-Auto-Response-Suppress: All\n"),
        ("RE: Mail delivery failed?", 'I got "552 5.2.2 mailbox full" from your side.', IN_THREAD),
        ("Re: Undelivered Mail Returned to Sender",
         "See below.\n\n> <kay@wing.test>: host mx said: 550 5.1.1 User unknown", IN_THREAD),
    ],
)  # fmt: skip
def test_what_a_person_writes_is_a_reply(subject: str, words: str, head: str) -> None:
    assert judge(mail(subject, words, head)).kind == "reply"


def test_a_person_at_the_postmasters_desk_can_reply() -> None:
    answer = mail("Re: A question", "We use another vendor.", IN_THREAD, "postmaster@wing.test")
    assert judge(answer).kind == "reply"


@pytest.mark.parametrize(
    ("subject", "words", "head"),
    [
        ("Returned to sender? Free returns", "Undelivered parcels are refunded.",
         "List-Unsubscribe: <mailto:u@shop.test>\n"),
        ("Delivery failed: your parcel", "We could not deliver your parcel.",
         "List-Unsubscribe: <mailto:u@shop.test>\n"),
        ("Out of office? Ten holiday ideas", "Book until 24 June.",
         "List-Unsubscribe: <mailto:u@shop.test>\n"),
        ("confirm 8f31c2a7", "Reply to confirm.", "Precedence: bulk\n"),
        ("You have undelivered mail", "Your message to dana@acme.test could not be delivered. "
         "Log in to release it.", ""),
        ("Your parcel: delivery failed", "We could not deliver your parcel today.",
         "Auto-Submitted: auto-generated\n"),
        ("A word", "We met last week.", ""),
    ],
)  # fmt: skip
def test_what_is_none_of_these_is_something_else(subject: str, words: str, head: str) -> None:
    assert judge(mail(subject, words, head)).kind == "other"


@pytest.mark.parametrize(
    "sender", ["jo@mimecast.test", "Jo <jo@symantec.test>", "returns@wing.test"]
)
def test_a_person_whose_name_sounds_like_a_mail_system_can_reply(sender: str) -> None:
    words = "I did not receive it: mailbox full?\n\n-----Original Message-----\nFrom: Dana"
    assert judge(mail("Re: A question", words, IN_THREAD, sender)).kind == "reply"


def test_a_warning_about_our_own_mailbox_is_no_bounce() -> None:
    words = "Your mailbox is full. You cannot send mail until you delete some."
    warning = mail("Your mailbox is full", words, sender="System Administrator <it@acme.test>")
    assert judge(warning).kind == "other"


def test_an_invitation_that_is_declined_is_no_reply() -> None:
    declined = mail("Declined: Call", head=IN_THREAD).replace(b"text/plain", b"text/calendar")
    assert judge(declined).kind == "other"


@pytest.mark.parametrize("wrapping", ["message/rfc822", "message/global"])
def test_a_notice_that_somebody_forwards_is_no_bounce(wrapping: str) -> None:
    forwarded = (
        "From: Gil <gil@wing.test>\nTo: dana@acme.test\nSubject: FW: Undeliverable: A question\n"
        'Content-Type: multipart/mixed; boundary="f"\n\n--f\nContent-Type: text/plain\n\n'
        f"Is this from you?\n\n--f\nContent-Type: {wrapping}\n\n"
    ).encode()
    assert judge(forwarded + dsn(group("failed", "5.1.1")) + b"\n--f--\n").kind == "other"


def _report(feedback_type: str, extra: str = "") -> bytes:
    return (
        "From: fbl@isp.test\nTo: abuse@acme.test\nSubject: FW: A question\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        f"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {feedback_type}\n{extra}"
        f"Version: 1\n--b\nContent-Type: message/rfc822\n\n{RETURNED}\n--b--\n"
    ).encode()


def test_a_complaint_names_the_person_and_our_mail() -> None:
    verdict = judge(_report("abuse", "Original-Rcpt-To: <kay@wing.test>\n"))
    assert (verdict.kind, verdict.reason) == ("feedback", "spam")
    assert [one.address for one in verdict.recipients] == ["kay@wing.test"]
    assert verdict.original_message_id == "<sent.1@acme.test>"
    assert verdict.postroad_message == "q4/intro/p17"


def test_a_complaint_that_hides_the_person_takes_the_address_of_our_mail() -> None:
    assert [one.address for one in judge(_report("abuse")).recipients] == ["kay@wing.test"]


@pytest.mark.parametrize("feedback_type", ["auth-failure", "not-spam"])
def test_a_report_that_is_no_complaint_does_not_read_as_one(feedback_type: str) -> None:
    verdict = judge(_report(feedback_type))
    assert verdict.kind == "feedback"
    assert verdict.reason != "spam"


@pytest.mark.parametrize(
    ("notification", "kind"),
    [
        ('"bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"kay@wing.test",'
         '"status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]}', "hard"),
        ('"complaint":{"complainedRecipients":[{"emailAddress":"kay@wing.test"}]}', "feedback"),
        ('"delivery":{"recipients":["kay@wing.test"]}', "other"),
    ],
)  # fmt: skip
def test_notifications_of_ses_are_read(notification: str, kind: str) -> None:
    body = f'{{"notificationType":"x",{notification},"mail":{{"source":"dana@acme.test"}}}}\n--\n'
    verdict = judge(mail("AWS Notification Message", body, sender="no-reply@sns.amazonaws.test"))
    assert verdict.kind == kind
    assert [one.address for one in verdict.recipients] == ["kay@wing.test"]
