"""report, trace, explain and status: what people read, and what programs read."""

import pytest

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.engine import Ledger
from tests.ledger_rows import NOW, add_campaign, add_channel, add_event, add_person, add_sender
from tests.starter.command import Postroad

SENT, PLANNED, FAILED = MessageState.SENT, MessageState.PLANNED, MessageState.FAILED


@pytest.fixture
def q4(ledger: Ledger) -> None:
    """A campaign with one person between two steps and one who bounced."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        messages = add_person(connection, "Ada@x.test", SENT, PLANNED)
        add_event(connection, messages[0], "sent", detail="250 ok")
        dead = add_person(
            connection,
            "dead@x.test",
            FAILED,
            MessageState.SUPPRESSED,
            state=EnrollmentState.BOUNCED,
        )
        add_event(connection, dead[0], "bounced", detail="550 \x1b[31mno such user")


pytestmark = pytest.mark.usefixtures("q4")


def test_a_report_as_json_has_the_contracts_keys_and_counts_texts_and_senders(
    postroad: Postroad,
) -> None:
    report = postroad("report", "q4", "--json").json
    assert list(report) == [
        "campaign",
        "state",
        "people",
        "messages",
        "steps",
        "templates",
        "variants",
        "senders",
        "channels",
        "started_at",
        "ended_at",
    ]
    assert report["people"]["enrolled"] == 2
    assert set(report["channels"][0]) >= {"id", "kind", "sent", "bounced", "throttled_seconds"}


def test_a_report_for_people_has_a_line_for_each_step(postroad: Postroad) -> None:
    ran = postroad("report", "q4")
    assert ran.code == 0
    assert "2 people: 1 active, 1 bounced" in ran.stdout
    assert [line.split() for line in ran.stdout.splitlines()[3:6]] == [
        ["step", "sent", "bounced", "failed", "suppressed", "planned"],
        ["intro", "1", "1", "1", "0", "0"],
        ["nudge", "0", "0", "0", "1", "1"],
    ]


@pytest.mark.parametrize("verb", ["report", "status", "watch"])
def test_an_unknown_campaign_is_refused_in_one_sentence(postroad: Postroad, verb: str) -> None:
    ran = postroad(verb, "nowhere")
    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.count("\n") == 1
    assert "nowhere" in ran.stderr


def test_a_trace_as_json_has_exactly_the_contracts_keys(postroad: Postroad) -> None:
    [entry] = postroad("trace", "ADA@x.test", "--json").json
    assert list(entry) == [
        "at",
        "event",
        "campaign",
        "step",
        "sender",
        "channel",
        "message_id",
        "workflow_id",
        "detail",
    ]


def test_what_a_provider_said_cannot_drive_the_terminal(postroad: Postroad) -> None:
    ran = postroad("trace", "dead@x.test")
    assert "no such user" in ran.stdout
    assert "\x1b" not in ran.stdout


def test_a_trace_of_a_stranger_is_refused_for_people_and_empty_for_programs(
    postroad: Postroad,
) -> None:
    assert postroad("trace", "nobody@x.test").code == 1
    assert postroad("trace", "nobody@x.test", "--json").json == []


@pytest.mark.parametrize("verb", ["trace", "explain"])
def test_what_is_no_address_is_refused(postroad: Postroad, verb: str) -> None:
    ran = postroad(verb, "nobody")
    assert ran.code == 1
    assert "'nobody' is no email address" in ran.stderr


def test_an_explanation_is_told_in_sentences(postroad: Postroad) -> None:
    ran = postroad("explain", "ada@x.test")
    assert ran.stdout.startswith("q4, from ana@acme.test:\n  nudge is due since")
    [explained] = postroad("explain", "ada@x.test", "--json").json
    assert (explained["step"], explained["waits_for"]) == ("nudge", "turn")


def test_the_status_shows_every_campaign(postroad: Postroad, ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_campaign(connection, "q5", staged_at=NOW)
    lines = postroad("status").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["q5", "q4"]
    assert [row["campaign"] for row in postroad("status", "--json").json] == ["q5", "q4"]
    assert [row["campaign"] for row in postroad("status", "q4", "--json").json] == ["q4"]
