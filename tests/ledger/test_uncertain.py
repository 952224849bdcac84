"""An operator decides about messages that may or may not have left."""

from sqlalchemy import Row, select

from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.instants import DAY, MINUTE
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, Event, Message
from postroad.ledger.uncertain import count_uncertain, dismiss, list_uncertain, resend
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

PLANNED, SENT, UNCERTAIN = MessageState.PLANNED, MessageState.SENT, MessageState.UNCERTAIN
BO = "bo@acme.test"
WAKE_ANA = {"sequence/q4/ana@acme.test"}


def _one_uncertain(ledger: Ledger) -> list[int]:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        return add_person(connection, "Ada@x.test", UNCERTAIN, PLANNED, reason="timeout after DATA")


def _message(ledger: Ledger, message: int) -> Row[*tuple[object, ...]]:
    with ledger.read() as connection:
        return connection.execute(
            select(*Message.__table__.columns).where(Message.id == message)
        ).one()


def _person(ledger: Ledger) -> tuple[str, str]:
    with ledger.read() as connection:
        row = connection.execute(select(Enrollment.state, Enrollment.reason)).one()
        return row.state, row.reason


def _events(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.read() as connection:
        rows = connection.execute(select(Event.event, Event.detail).order_by(Event.id))
        return [(row.event, row.detail) for row in rows]


def test_the_list_tells_who_and_why(ledger: Ledger) -> None:
    messages = _one_uncertain(ledger)
    with ledger.read() as connection:
        [uncertain] = list_uncertain(connection)
        assert list_uncertain(connection, "another") == []
        assert list_uncertain(connection, sender=BO) == []
        assert list_uncertain(connection, sender=ANA) == [uncertain]
        assert count_uncertain(connection) == count_uncertain(connection, ANA) == 1
        assert count_uncertain(connection, BO) == 0
    assert (uncertain.id, uncertain.email, uncertain.step) == (messages[0], "Ada@x.test", "intro")
    assert uncertain.reason == "timeout after DATA"


def test_another_senders_message_is_refused_like_one_that_is_not_uncertain(ledger: Ledger) -> None:
    [lost, planned] = _one_uncertain(ledger)
    with ledger.write() as connection:
        for decide in (resend, dismiss):
            decided = decide(connection, [lost, planned], "bo", NOW, sender=BO)
            assert decided.refused == dict.fromkeys([lost, planned], "it is not uncertain")
            assert decide(connection, None, "bo", NOW, sender=BO).messages == []
        assert resend(connection, None, "ana", NOW, sender=ANA).messages == [lost]


def test_a_resent_message_is_due_at_once_on_the_same_channel(ledger: Ledger) -> None:
    messages = _one_uncertain(ledger)
    with ledger.write() as connection:
        decided = resend(connection, messages[:1], "bo", NOW)
    assert (decided.messages, decided.wake) == (messages[:1], WAKE_ANA)
    message = _message(ledger, messages[0])
    assert (message.state, message.channel_id, message.wave) == (PLANNED, "ana-smtp", None)
    assert message.due_at <= NOW
    assert message.charge_at is None
    assert _events(ledger) == [("resent", "by bo")]


def test_all_uncertain_messages_can_be_resent_together(ledger: Ledger) -> None:
    messages = _one_uncertain(ledger)
    with ledger.write() as connection:
        other = add_person(connection, "bo@x.test", UNCERTAIN, PLANNED)
        decided = resend(connection, None, "bo", NOW)
    assert decided.messages == [messages[0], other[0]]


def test_nothing_is_resent_twice(ledger: Ledger) -> None:
    messages = _one_uncertain(ledger)
    with ledger.write() as connection:
        resend(connection, messages[:1], "bo", NOW)
        again = resend(connection, messages[:1], "bo", NOW)
    assert again.messages == []
    assert again.refused == {messages[0]: "it is not uncertain"}


def test_a_message_to_someone_who_replied_is_not_resent(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        messages = add_person(
            connection, "ada@x.test", UNCERTAIN, PLANNED, state=EnrollmentState.REPLIED
        )
        decided = resend(connection, None, "bo", NOW)
    assert decided.messages == []
    assert "replied" in decided.refused[messages[0]]
    assert _message(ledger, messages[0]).state == UNCERTAIN


def test_a_message_of_a_cancelled_campaign_is_not_resent(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection, state=CampaignState.CANCELLED)
        messages = add_person(connection, "ada@x.test", UNCERTAIN, PLANNED)
        decided = resend(connection, None, "bo", NOW)
    assert "cancelled" in decided.refused[messages[0]]


def test_dismissing_ends_the_person_and_keeps_the_charge(ledger: Ledger) -> None:
    messages = _one_uncertain(ledger)
    with ledger.write() as connection:
        decided = dismiss(connection, messages[:1], "bo", NOW)
    assert decided.wake == WAKE_ANA
    reason = "dismissed by bo: may or may not have left"
    first, second = (_message(ledger, message) for message in messages)
    assert (first.state, first.reason) == (MessageState.FAILED, reason)
    assert first.charge_at == NOW - MINUTE
    assert second.state == MessageState.SUPPRESSED
    assert _person(ledger) == (EnrollmentState.FAILED, reason)
    assert _events(ledger) == [("dismissed", reason)]


def test_a_message_counted_as_sent_takes_the_person_to_the_next_step(ledger: Ledger) -> None:
    messages = _one_uncertain(ledger)
    with ledger.write() as connection:
        dismiss(connection, messages[:1], "bo", NOW, as_sent=True)
    first, second = (_message(ledger, message) for message in messages)
    assert (first.state, first.sent_at) == (SENT, NOW - MINUTE)
    assert (second.state, second.due_at) == (PLANNED, NOW + 3 * DAY)
    assert _person(ledger)[0] == EnrollmentState.ACTIVE


def test_a_last_message_counted_as_sent_finishes_the_person(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", SENT, UNCERTAIN)
        dismiss(connection, None, "bo", NOW, as_sent=True)
    assert _person(ledger)[0] == EnrollmentState.FINISHED
