"""`postroad feed` tells what happened, a line for each event."""

import json

import pytest
from sqlalchemy import insert

from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Event
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_event, add_person
from tests.starter.command import Postroad


@pytest.fixture(autouse=True)
def _events(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        messages = add_person(connection, "Bo@x.test", MessageState.SENT)
        add_event(connection, messages[0], "sent", detail="250 \x1b[31mok")
        add_event(connection, messages[0], "replied")
        connection.execute(insert(Event).values(at=NOW, event="channel_paused", detail="why"))


def test_each_event_is_an_object_with_whose_it_is(postroad: Postroad) -> None:
    lines = [json.loads(line) for line in postroad("feed", "--json").stdout.splitlines()]
    assert [line["event"] for line in lines] == ["sent", "replied", "channel_paused"]
    assert (lines[0]["email"], lines[0]["sender"], lines[0]["step"]) == ("Bo@x.test", ANA, "intro")
    assert lines[0]["workflow_id"] == f"sequence/q4/{ANA}"
    assert (lines[2]["campaign"], lines[2]["workflow_id"]) == (None, None)


def test_it_is_narrowed_by_campaign_and_kind(postroad: Postroad) -> None:
    told = postroad("feed", "--campaign", "q4", "--event", "replied").stdout
    assert told.count("\n") == 1
    assert "replied  Bo@x.test  q4/intro  ana-smtp" in told


def test_nothing_in_an_answer_steers_the_terminal(postroad: Postroad) -> None:
    assert "\x1b" not in postroad("feed").stdout


def test_a_time_that_is_none_is_one_sentence(postroad: Postroad) -> None:
    ran = postroad("feed", "--since", "yesterday")
    assert ran.code == 1
    assert ran.stderr.count("\n") == 1
    assert "--since 'yesterday' is neither" in ran.stderr


def test_what_is_older_is_left_out(postroad: Postroad) -> None:
    assert postroad("feed", "--since", "2026-11-19T00:00Z").stdout == ""
    assert postroad("feed", "--since", "2026-11-18T00:00Z").stdout.count("\n") == 3
