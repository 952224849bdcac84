"""Mails that ask for no more mail, and those that only speak of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.inbox.judge import judge
from postroad.inbox.matching import clues_of
from postroad.inbox.outcome import OutcomeKind
from postroad.inbox.parsing import split_message
from postroad.inbox.unsubscribing import asks_to_unsubscribe
from postroad.inbox.verdict import Verdict
from postroad.verp import verp_token
from tests.inbox.test_people_and_programs import IN_THREAD, mail

TOKEN = verp_token("q4/intro/0123456789abcdef")


def _asks(raw: bytes) -> bool:
    return asks_to_unsubscribe(raw, judge(raw))


@pytest.mark.parametrize(
    "words",
    [
        "unsubscribe",
        "Unsubscribe.",
        "STOP",
        "Stop emailing me!",
        "Please remove me from your list. Thanks",
        "Hi Dana,\n\nplease unsubscribe me.\n\nThank you!",
        "Take me off your mailing list",
        "Don't contact me again.",
        "I would like to be removed from your mailing list",
        "remove me\n\nSent from my iPhone",
        "Please unsubscribe\n-- \nKay Wing\nWing Ltd.",
        "Unsubscribe\n\nOn Wed, 12 Jun 2024 at 10:00, Dana <dana@acme.test> wrote:\n> Hello Kay",
        "Bitte abmelden",
        "Bitte streichen Sie mich aus Ihrem Verteiler. Danke",
        "Keine weiteren E-Mails bitte",
        "Merci de me désabonner",
        "Désinscription",
        "Por favor, no me envíen más correos",
        "Quiero darme de baja",
        "Cancellatemi",
        "Graag uitschrijven",
        "Proszę wypisać",
        "配信停止",
        "退订",
    ],
)
def test_an_answer_that_only_asks_for_no_more_mail_is_a_request(words: str) -> None:
    assert _asks(mail("Re: A question", words, IN_THREAD))


@pytest.mark.parametrize(
    "words",
    [
        "Thanks!",
        "Please call me tomorrow.",
        "Stop by our booth on Friday, and let us talk.",
        "Can you stop the trial? We would rather buy.",
        "How do I unsubscribe one of my colleagues from the trial?",
        "Please remove me from cc and write to Bo, who decides.",
        "We want to remove our old system; send me an offer.",
        "Not interested.",
        "unsubscribe\n\nBut before you go, tell me what it costs.",
        "No, I do not want to unsubscribe.",
        "Great, no more mails by hand!",
        "Baja California is where we are.",
        "",
    ],
)
def test_an_answer_that_says_anything_else_is_for_a_person_to_read(words: str) -> None:
    assert not _asks(mail("Re: A question", words, IN_THREAD))


def test_a_subject_that_was_typed_will_do_where_nothing_else_is_said() -> None:
    assert _asks(mail("Unsubscribe", "", IN_THREAD))
    assert not _asks(mail("Re: Unsubscribe", "", IN_THREAD))
    assert not _asks(mail("Unsubscribe", "What do you offer?", IN_THREAD))


def test_a_request_outside_any_thread_needs_the_token_of_the_link() -> None:
    assert not _asks(mail("unsubscribe", "unsubscribe"))
    assert _asks(mail(f"unsubscribe {TOKEN}", "This message was sent by your mail program."))
    assert not _asks(mail("unsubscribe 0123456789abcdef", "unsubscribe"))


def test_the_token_leads_to_its_message_as_a_return_path_does() -> None:
    raw = mail(f"Unsubscribe {str(TOKEN).upper()}", "")
    headers, _ = split_message(raw)
    clues = clues_of(headers, judge(raw), OutcomeKind.UNSUBSCRIBED)
    assert clues is not None
    assert clues.return_token == TOKEN


@pytest.mark.parametrize("verdict", [Verdict("hard", "failed"), Verdict("feedback")])
def test_a_notice_asks_for_nothing(verdict: Verdict) -> None:
    assert not asks_to_unsubscribe(mail(f"unsubscribe {TOKEN}", "unsubscribe"), verdict)


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_it(body: bytes) -> None:
    for raw in (body, IN_THREAD.encode() + b"\n" + body):
        asks_to_unsubscribe(raw, Verdict("reply"))
