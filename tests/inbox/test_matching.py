"""What a mail tells about the message it is about, and which of our messages that is."""

from postroad.inbox.headers import Headers
from postroad.inbox.matching import Basis, Candidate, Clues, Match, choose, clues_of
from postroad.inbox.outcome import OutcomeKind, outcome_of
from postroad.inbox.verdict import RecipientVerdict, Verdict
from postroad.verp import verp_address, verp_token

ANA = "ana@acme.test"
HARD = Verdict(
    "hard",
    action="failed",
    recipients=(RecipientVerdict("P@x.test", "5.1.1", "user_unknown"),),
    original_message_id="<one@acme.test>",
    postroad_message="q4/intro/abc",
)


def _candidate(message: int, person: str = "p@x.test", **given: object) -> Candidate:
    values = {"key": "", "enrollment": hash(person), "sender": ANA, "message_id": None}
    values |= {"sent_at": message}
    return Candidate(message=message, address=person, **(values | given))  # type: ignore[arg-type]


def _answer_clues(**headers: str) -> Clues | None:
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    verdict = Verdict("reply")
    return clues_of(Headers(fields), verdict, OutcomeKind.REPLIED, thread_id="t", mailbox=ANA)


def test_a_notice_is_about_whom_and_what_it_returns() -> None:
    clues = clues_of(Headers([("from", "MAILER-DAEMON@mx.test")]), HARD, OutcomeKind.BOUNCED)
    assert clues is not None
    assert clues.key == "q4/intro/abc"
    assert clues.message_ids == ("<one@acme.test>",)
    assert clues.addresses == {"p@x.test"}


def test_a_notice_that_returns_an_id_is_never_guessed_at() -> None:
    clues = clues_of(Headers([]), HARD, OutcomeKind.BOUNCED)
    assert clues is not None
    assert not clues.may_be_guessed


def test_a_notice_to_a_messages_own_return_path_names_the_message() -> None:
    address = verp_address("bounces@acme.test", "q4/intro/00ff00ff00ff00ff")
    token = verp_token("q4/intro/00ff00ff00ff00ff")
    silent = Verdict("hard", action="failed", recipients=HARD.recipients)
    for name in ("to", "delivered-to", "x-original-to"):
        clues = clues_of(Headers([(name, address.upper())]), silent, OutcomeKind.BOUNCED)
        assert clues is not None
        assert (clues.return_token, clues.may_be_guessed) == (token, False)


def test_an_automatic_answer_to_a_return_path_names_the_message() -> None:
    address = verp_address("bounces@acme.test", "q4/intro/00ff00ff00ff00ff")
    clues = _answer_clues(**{"from": "p@x.test", "to": address})
    assert clues is not None
    assert clues.return_token == verp_token("q4/intro/00ff00ff00ff00ff")


def test_what_is_answered_comes_before_the_rest_of_the_thread() -> None:
    clues = _answer_clues(
        **{"from": "p@x.test", "in-reply-to": "<b@a>", "references": "<a@a> <b@a>"}
    )
    assert clues is not None
    assert clues.message_ids == ("<b@a>", "<a@a>")


def test_own_mail_is_no_answer() -> None:
    assert _answer_clues(**{"from": f"Ana <{ANA.upper()}>"}) is None
    assert _answer_clues(**{"from": "p@x.test", "x-postroad-message": "q4/intro/abc"}) is None


def test_the_senders_own_follow_up_in_a_thread_is_no_answer() -> None:
    clues = Clues(author=ANA, message_ids=("<a@a>",))
    assert choose(clues, Basis.MESSAGE_ID, [_candidate(1, message_id="<a@a>")]) is None


def test_the_most_telling_id_decides() -> None:
    clues = Clues(author="p@x.test", message_ids=("<b@a>", "<a@a>"))
    found = [_candidate(1, message_id="<a@a>"), _candidate(2, message_id="<b@a>")]
    assert choose(clues, Basis.MESSAGE_ID, found) == Match(2, Basis.MESSAGE_ID, names_person=True)


def test_anybody_in_one_persons_thread_answers_for_them() -> None:
    clues = Clues(author="boss@x.test", thread_id="t", addresses=frozenset({"boss@x.test"}))
    assert choose(clues, Basis.THREAD, [_candidate(1)]) == Match(
        1, Basis.THREAD, names_person=False
    )


def test_in_a_thread_of_several_people_only_its_author_is_meant() -> None:
    found = [_candidate(1, "p@x.test"), _candidate(2, "q@x.test")]
    clues = Clues(author="p@x.test", thread_id="t", addresses=frozenset({"p@x.test"}))
    assert choose(clues, Basis.THREAD, found) == Match(1, Basis.THREAD, names_person=True)
    stranger = Clues(author="z@x.test", thread_id="t", addresses=frozenset({"z@x.test"}))
    assert choose(stranger, Basis.THREAD, found) is None


def test_a_notice_in_a_thread_has_to_name_the_person() -> None:
    other = Clues(author="", thread_id="t", addresses=frozenset({"z@x.test"}), is_notice=True)
    assert choose(other, Basis.THREAD, [_candidate(1)]) is None


def test_refusals_of_the_sender_are_told_from_those_of_the_message() -> None:
    def soft(**given: object) -> OutcomeKind | None:
        return outcome_of(Verdict("soft", action="failed", **given))  # type: ignore[arg-type]

    for status in ("5.7.233", "5.4.5", "5.1.8", "5.7.515"):
        assert soft(status=status) is OutcomeKind.SENDER_REFUSED
    assert soft(reason="rate_limited", at_fault="sender") is OutcomeKind.SENDER_REFUSED
    too_fast = soft(status="4.7.0", reason="rate_limited", at_fault="sender")
    assert too_fast is OutcomeKind.SOFT_BOUNCED
    blocked = soft(status="5.7.1", reason="policy", at_fault="sender")
    assert blocked is OutcomeKind.SOFT_BOUNCED


def test_delays_and_deliveries_are_no_bounces() -> None:
    assert outcome_of(Verdict("soft", action="delayed")) is OutcomeKind.DELAYED
    assert outcome_of(Verdict("other", action="delivered")) is OutcomeKind.DELIVERED
    assert outcome_of(Verdict("other")) is None
