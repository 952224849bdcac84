"""A person may have what is kept of them, and may have it erased."""

import json

import pytest
from sqlalchemy import Connection, insert, select, text

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.personal_data import StillSending, erase_person, export_person
from postroad.ledger.reports import campaign_report
from postroad.ledger.tables import AuditEntry, Base, Enrollment, Rejection, Suppression
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_event, add_person, add_sender

SENT, PLANNED = MessageState.SENT, MessageState.PLANNED
_ADA = "ada@x.test"


@pytest.fixture(autouse=True)
def people(ledger: Ledger) -> None:
    """Ada, who got one of two messages, and Bo."""
    with ledger.write() as connection:
        add_channel(connection)
        add_sender(connection)
        add_campaign(connection)
        messages = add_person(connection, "Ada@x.test", SENT, PLANNED)
        add_event(connection, messages[0], "sent", detail="250 ok for ada@x.test")
        entry = {"at": NOW, "by": "ops", "action": "removed", "subject": _ADA, "detail": _ADA}
        connection.execute(insert(AuditEntry).values(entry))
        twice = {
            "campaign_id": "q4", "row": 3, "address": "ADA@x.test", "reason": "duplicate",
            "detail": "ada@x.test is in row 2 already",
        }  # fmt: skip
        connection.execute(insert(Rejection).values(twice))
        bo = add_person(connection, "bo@x.test", SENT, PLANNED)
        add_event(connection, bo[0], "sent", detail="250 ok for bo@x.test")


def test_an_export_has_fields_messages_events_and_whether_they_are_suppressed(
    ledger: Ledger,
) -> None:
    with ledger.read() as connection:
        data = json.loads(export_person(connection, _ADA).model_dump_json())
    [campaign] = data["campaigns"]
    assert (campaign["campaign"], campaign["sender"], campaign["address"]) == (
        "q4", ANA, "Ada@x.test",
    )  # fmt: skip
    assert [(each["step"], each["state"]) for each in campaign["messages"]] == [
        ("intro", "sent"),
        ("nudge", "planned"),
    ]
    assert [event["event"] for event in data["events"]] == ["sent"]
    assert data["suppressed"] is None
    assert "bo@" not in json.dumps(data)


def test_an_erased_person_is_nowhere_but_in_the_suppressions_and_counts_stay(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        before = campaign_report(connection, "q4")
        woken = erase_person(connection, _ADA, "ops", NOW)
        after = campaign_report(connection, "q4")
    assert woken == {f"sequence/q4/{ANA}"}
    assert before is not None
    assert after is not None
    assert after.people.enrolled == before.people.enrolled == 2
    assert after.people.rejected == before.people.rejected == 1
    assert after.messages.sent == before.messages.sent == 2
    with ledger.read() as connection:
        assert _tables_that_hold(connection, "ada") == {"suppression"}
        assert _tables_that_hold(connection, "bo@x") >= {"enrollment", "event"}
        states = list(connection.scalars(select(Enrollment.state).order_by(Enrollment.id)))
        assert states == [EnrollmentState.REMOVED, EnrollmentState.ACTIVE]
        assert connection.scalar(select(Suppression.source)) == "erasure"
        assert export_person(connection, _ADA).campaigns == []


@pytest.mark.parametrize(
    ("state", "way_out"),
    [(MessageState.SENDING, "in a minute"), (MessageState.UNCERTAIN, "`postroad uncertain`")],
)
def test_nobody_is_erased_while_a_message_to_them_is_on_its_way(
    ledger: Ledger, state: MessageState, way_out: str
) -> None:
    with ledger.write() as connection:
        add_person(connection, "cy@x.test", state, PLANNED)
    with pytest.raises(StillSending, match=way_out), ledger.write() as connection:
        erase_person(connection, "cy@x.test", "ops", NOW)
    with ledger.read() as connection:
        assert export_person(connection, "cy@x.test").suppressed is None


def _tables_that_hold(connection: Connection, words: str) -> set[str]:
    """Return the tables that hold some words anywhere."""
    return {
        table.name
        for table in Base.metadata.sorted_tables
        for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))
        if words in str(tuple(row)).lower()
    }
