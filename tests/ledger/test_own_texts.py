"""Mails that wait for somebody's review, and are rewritten for one person."""

import pytest
from sqlalchemy import Connection, insert, select, update

from postroad.contracts import MessageState, SelectChannel, SettleOpenTask
from postroad.instants import HOUR
from postroad.ledger.engine import Ledger
from postroad.ledger.own_texts import NotUnderReview, Written, own_texts, rewrite
from postroad.ledger.personal_data import erase_person
from postroad.ledger.selection import select_channels
from postroad.ledger.settling_tasks import settle_task
from postroad.ledger.tables import Enrollment, Event, Message, Step, StepText
from postroad.ledger.tasks import list_tasks
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

PLANNED, SENT = MessageState.PLANNED, MessageState.SENT
_TEMPLATE = {"subject": "Hello {{ person.name }}", "text": "Stop: {{ unsubscribe_url }}"}


def _under_review(connection: Connection) -> int:
    """Let Ada's first mail wait for its review; return the task."""
    add_sender(connection)
    add_channel(connection)
    add_campaign(connection)
    connection.execute(update(Step).where(Step.position == 0).values(settings={"review": True}))
    text = {"campaign_id": "q4", "position": 0, "version": 1, "template": _TEMPLATE}
    connection.execute(insert(StepText).values(text))
    (message, _) = add_person(connection, "ada@x.test", PLANNED, PLANNED, channel=None)
    connection.execute(update(Enrollment).values(fields={"name": "Ada {{ 7*7 }}<b>"}))
    _select(connection)
    return message


def _select(connection: Connection) -> int:
    """Give channels to what is due; return how many messages wait for one."""
    request = SelectChannel(campaign_id="q4", sender=ANA)
    return sum(one.messages for one in select_channels(connection, request, NOW + 1).channels)


def _settle(connection: Connection, task: int, *, done: bool = True) -> None:
    request = SettleOpenTask(campaign_id="q4", task=task, done=done, note="", by="ana")
    settle_task(connection, request, NOW)


def test_a_mail_under_review_reads_as_its_person_would_get_it(ledger: Ledger) -> None:
    with ledger.write() as connection:
        task = _under_review(connection)
        (review,) = list_tasks(connection, NOW)
    assert (review.id, review.kind) == (task, "review")
    assert review.title == "Hello Ada {{ 7*7 }}<b>"
    assert review.instructions == "Stop: {{ unsubscribe_url }}"


def test_an_answer_under_review_has_the_subject_that_it_will_have(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _under_review(connection)
        settings = {"review": True, "thread": "reply"}
        connection.execute(update(Step).where(Step.position == 1).values(settings=settings))
        answer = {"subject": "", "text": "Still there?"}
        text = {"campaign_id": "q4", "position": 1, "version": 1, "template": answer}
        connection.execute(insert(StepText).values(text))
        add_person(connection, "bo@x.test", SENT, PLANNED, channel=None, due_at=NOW)
        connection.execute(update(Enrollment).values(fields={"name": "Bo"}))
        _select(connection)
        reviews = {review.step: review.title for review in list_tasks(connection, NOW)}
    assert reviews["nudge"] == "Re: Hello Bo"


def test_an_approved_mail_leaves_and_is_not_reviewed_again(ledger: Ledger) -> None:
    with ledger.write() as connection:
        task = _under_review(connection)
        _settle(connection, task)
        assert _select(connection) == 1
        assert list_tasks(connection, NOW) == []
        _settle(connection, task)
        assert _select(connection) == 1


def test_a_mail_that_is_skipped_is_never_sent_and_the_person_goes_on(ledger: Ledger) -> None:
    with ledger.write() as connection:
        task = _under_review(connection)
        _settle(connection, task, done=False)
        assert _select(connection) == 0
        rows = connection.execute(select(Message.state, Message.due_at).order_by(Message.id))
        assert rows.all() == [("skipped", None), (PLANNED, NOW + 72 * HOUR)]


def test_a_rewritten_mail_is_kept_literally_with_the_persons_page_alone_put_in(
    ledger: Ledger,
) -> None:
    text = "Dear **Ada** {{ person.name }} <script>x</script>\n\n[Stop]({{ unsubscribe_url }})"
    with ledger.write() as connection:
        task = _under_review(connection)
        rewrite(connection, task, "First", "One", "ana", NOW)
        rewrite(connection, task, "Your {{ question }}", text, "ana", NOW)
        (review,) = list_tasks(connection, NOW)
        assert (review.title, review.instructions) == ("Your {{ question }}", text)
        sent = own_texts(connection, [task])[task].with_page("https://acme.test/u/x")
        told = connection.scalars(select(Event.detail).where(Event.event == "rewritten")).all()
    assert told == ["by ana", "by ana"]
    assert sent.subject == "Your {{ question }}"
    assert "{{ person.name }} <script>x</script>" in (sent.text or "")
    assert "<strong>Ada</strong> {{ person.name }} &lt;script&gt;" in (sent.html or "")
    assert '<a href="https://acme.test/u/x">Stop</a>' in (sent.html or "")


def test_only_a_mail_under_review_can_be_rewritten(ledger: Ledger) -> None:
    with ledger.write() as connection:
        task = _under_review(connection)
        with pytest.raises(NotUnderReview):
            rewrite(connection, task + 1, "Hi", "There", "ana", NOW)
        _settle(connection, task)
        with pytest.raises(NotUnderReview, match=f"task {task} is no mail under review"):
            rewrite(connection, task, "Hi", "There", "ana", NOW)


def test_what_was_written_for_a_person_is_erased_with_them(ledger: Ledger) -> None:
    with ledger.write() as connection:
        task = _under_review(connection)
        rewrite(connection, task, "For Ada", "Ada's secret", "ana", NOW)
        erase_person(connection, "ada@x.test", "ops", NOW)
        assert own_texts(connection, [task]) == {}


def test_without_a_page_to_unsubscribe_on_its_place_stays_empty() -> None:
    assert Written("S", "a {{ unsubscribe_url }} b").with_page(None).text == "a  b"
