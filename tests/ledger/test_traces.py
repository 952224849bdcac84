"""The trace tells one person's story, oldest first, and nobody else's."""

import json

from postroad.contracts import HandOver, MessageState
from postroad.instants import SECOND
from postroad.ledger.engine import Ledger
from postroad.ledger.handing_over import hand_over
from postroad.ledger.traces import trace
from tests.ledger_rows import (
    ANA,
    NOW,
    add_campaign,
    add_channel,
    add_event,
    add_person,
    add_sender,
)

BO = "bo@acme.test"

SENT, PLANNED = MessageState.SENT, MessageState.PLANNED


def test_a_trace_names_step_channel_message_and_workflow(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        messages = add_person(connection, "ada@x.test", SENT, PLANNED)
        add_event(connection, messages[0], "sent", detail="250 ok")
    with ledger.read() as connection:
        [entry] = trace(connection, "ada@x.test")
    assert json.loads(entry.model_dump_json()) == {
        "at": "2026-11-18T11:06:40Z",
        "event": "sent",
        "campaign": "q4",
        "step": "intro",
        "sender": "ana@acme.test",
        "channel": "ana-smtp",
        "message_id": "<0@acme.test>",
        "workflow_id": "sequence/q4/ana@acme.test",
        "detail": "250 ok",
    }


def test_what_happened_before_a_hand_over_stays_the_former_senders(ledger: Ledger) -> None:
    with ledger.write() as connection:
        for sender in (ANA, BO):
            add_sender(connection, sender)
        add_campaign(connection)
        messages = add_person(connection, "ada@x.test", SENT, PLANNED)
        add_event(connection, messages[0], "sent", at=NOW - SECOND)
        change = HandOver(campaign_id="q4", sender=ANA, replacement=BO, by="meg")
        hand_over(connection, change, NOW)
        add_event(connection, messages[1], "sent", at=NOW + SECOND)
    with ledger.read() as connection:
        entries = trace(connection, "ada@x.test")
    assert [(entry.event, entry.sender) for entry in entries] == [
        ("sent", ANA),
        ("handed_over", BO),
        ("sent", BO),
    ]
    assert entries[0].workflow_id == f"sequence/q4/{ANA}"


def test_an_event_about_the_person_alone_has_no_step_and_no_message(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        messages = add_person(connection, "ada@x.test", PLANNED, PLANNED)
        add_event(connection, messages[0], "enrolled", position=None, channel_id=None)
    with ledger.read() as connection:
        [entry] = trace(connection, "ada@x.test")
    assert (entry.step, entry.channel, entry.message_id) == (None, None, None)


def test_a_trace_runs_through_every_campaign_oldest_first(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_campaign(connection, "q3")
        new = add_person(connection, "ada@x.test", SENT, PLANNED)
        old = add_person(connection, "ada@x.test", SENT, SENT, campaign="q3")
        somebody = add_person(connection, "bo@x.test", SENT, PLANNED)
        add_event(connection, new[0], "sent", at=NOW)
        add_event(connection, old[1], "sent", at=NOW - SECOND)
        add_event(connection, somebody[0], "sent", at=NOW)
        add_event(connection, old[0], "enrolled", at=NOW - 2 * SECOND)
    with ledger.read() as connection:
        entries = trace(connection, "ada@x.test")
    assert [(entry.campaign, entry.event) for entry in entries] == [
        ("q3", "enrolled"),
        ("q3", "sent"),
        ("q4", "sent"),
    ]
