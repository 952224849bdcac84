"""The suppression list: adding stops people everywhere, at once."""

from sqlalchemy import select

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.suppression_list import add_suppression, lift_suppression, list_suppressions
from postroad.ledger.tables import Enrollment, Event, Message
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person

PLANNED, RESERVED, SENDING, SENT = (
    MessageState.PLANNED,
    MessageState.RESERVED,
    MessageState.SENDING,
    MessageState.SENT,
)


def _states(ledger: Ledger) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """Return (campaign, address) → (person's state, their messages' states)."""
    states: dict[tuple[str, str], tuple[str, list[str]]] = {}
    with ledger.read() as connection:
        rows = connection.execute(
            select(
                Enrollment.campaign_id,
                Enrollment.address,
                Enrollment.state,
                Message.state.label("message"),
            )
            .join(Message, Message.enrollment_id == Enrollment.id)
            .order_by(Enrollment.id, Message.position)
        )
        for row in rows:
            states.setdefault((row.campaign_id, row.address), (row.state, []))[1].append(
                row.message
            )
    return states


def test_a_suppressed_address_gets_nothing_more_in_any_campaign(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_campaign(connection, "q3")
        add_person(connection, "ada@x.test", SENT, PLANNED)
        add_person(connection, "ada@x.test", RESERVED, PLANNED, campaign="q3")
        add_person(connection, "bo@x.test", PLANNED, PLANNED)
        effect = add_suppression(connection, "ada@x.test", "asked by phone", "operator", NOW)
    assert (effect.new, effect.people, effect.messages) == (True, 2, 3)
    assert effect.wake == {"sequence/q4/ana@acme.test", "sequence/q3/ana@acme.test"}
    assert _states(ledger) == {
        ("q4", "ada@x.test"): ("unsubscribed", ["sent", "suppressed"]),
        ("q3", "ada@x.test"): ("unsubscribed", ["suppressed", "suppressed"]),
        ("q4", "bo@x.test"): ("active", ["planned", "planned"]),
    }


def test_a_reserved_message_that_is_stopped_is_charged_no_more(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", RESERVED, PLANNED)
        add_suppression(connection, "ada@x.test", "asked by phone", "operator", NOW)
        rows = connection.execute(select(Message.charge_at, Message.due_at, Message.reason)).all()
    assert [tuple(row) for row in rows] == [(None, None, "suppressed: asked by phone")] * 2


def test_a_message_on_the_wire_is_left_to_its_sender(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", SENDING, PLANNED)
        add_suppression(connection, "ada@x.test", "", "operator", NOW)
    assert _states(ledger)["q4", "ada@x.test"] == ("unsubscribed", ["sending", "suppressed"])


def test_a_domain_stops_everyone_there_and_nobody_in_a_domain_that_ends_alike(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        for address in ("a@x_y.test", "b@xzy.test", "c@sub.x_y.test"):
            add_person(connection, address, PLANNED)
        effect = add_suppression(connection, "@x_y.test", "competitor", "operator", NOW)
    assert effect.people == 1
    people = {address: state for (_, address), (state, _) in _states(ledger).items()}
    assert people == {
        "a@x_y.test": "unsubscribed",
        "b@xzy.test": "active",
        "c@sub.x_y.test": "active",
    }


def test_people_whose_sequence_has_ended_keep_their_end(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", SENT, state=EnrollmentState.FINISHED)
        effect = add_suppression(connection, "ada@x.test", "", "operator", NOW)
    assert effect.people == 0
    assert _states(ledger)["q4", "ada@x.test"][0] == "finished"


def test_suppressing_again_changes_nothing(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_suppression(connection, "ada@x.test", "first", "operator", NOW)
        effect = add_suppression(connection, "ada@x.test", "second", "import", NOW + 1)
        [listed] = list_suppressions(connection)
    assert not effect.new
    assert (listed.reason, listed.source) == ("first", "operator")


def test_every_person_it_stops_has_an_event(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", PLANNED)
        add_suppression(connection, "ada@x.test", "asked by phone", "operator", NOW)
        events = connection.execute(select(Event.event, Event.campaign_id, Event.detail)).all()
    assert [tuple(row) for row in events] == [("suppressed", "q4", "suppressed: asked by phone")]


def test_lifting_says_whether_there_was_anything_to_lift(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_suppression(connection, "ada@x.test", "", "operator", NOW)
        assert lift_suppression(connection, "ada@x.test")
        assert not lift_suppression(connection, "ada@x.test")
        assert list(list_suppressions(connection)) == []
