"""`postroad launch`: rehearsed, launched, waited for."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from operations.refusal import Refused
from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.suppression_list import add_suppression
from postroad.ledger.tables import Base, Message
from starter.waiting import wait_until_over
from tests.ledger_rows import NOW, add_campaign, add_person
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad
from tests.starter.conftest import Running


def _rows(ledger: Ledger) -> dict[str, int]:
    with ledger.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


# --- rehearsing -------------------------------------------------------------------------------


def test_a_rehearsal_tells_everything_as_json(desk: Desk, postroad: Postroad) -> None:
    desk.write(
        "people.csv",
        "email,first_name,sender\n"
        "ada@example.com,Ada,\n"
        "nobody,N,\n"
        "blank@example.com,,\n"
        "ADA@Example.com,Again,\n"
        "stop@example.com,S,\n"
        "any@blocked.test,A,\n"
        "eve@example.com,E,eve@acme.test\n"
        "bo@example.com,B,bo@acme.test\n",
    )
    with desk.ledger.write() as connection:
        add_suppression(connection, "stop@example.com", "asked by phone", "operator", NOW)
        add_suppression(connection, "@blocked.test", "competitor", "operator", NOW)
    ran = postroad("launch", "q4.yaml", "--dry-run", "--json")
    assert (ran.code, ran.stderr) == (0, "")
    told = ran.json
    assert told["campaign"] == "q4"
    assert told["people"] == {"enrolled": 2, "rejected": 6}
    assert [(row["row"], row["address"], row["reason"]) for row in told["rejected"]] == [
        (3, "nobody", "malformed"),
        (4, "blank@example.com", "blank_field"),
        (5, "ADA@example.com", "duplicate"),
        (6, "stop@example.com", "suppressed"),
        (7, "any@blocked.test", "suppressed"),
        (8, "eve@example.com", "unknown_sender"),
    ]
    assert told["rejected"][3]["detail"] == "asked by phone"
    assert told["rejected"][5]["detail"] == "the workspace has no sender eve@acme.test"


def test_a_rehearsal_renders_what_the_first_person_gets(desk: Desk, postroad: Postroad) -> None:
    desk.write("people.csv", "email,first_name\nada@example.com,Ada <b>\n")
    (intro, nudge) = postroad("launch", "q4.yaml", "--dry-run", "--json").json["sample"]["mails"]
    assert intro["headers"]["Subject"] == "Hello Ada <b>"
    assert intro["headers"]["To"].endswith("<ada@example.com>")
    assert intro["headers"]["X-Postroad-Message"].startswith("q4/intro/")
    assert intro["text"].startswith("Hello Ada <b>,\n")
    assert "Hello Ada &lt;b&gt;," in intro["html"]
    assert nudge["headers"]["Subject"] == "Re: Hello Ada <b>"
    assert nudge["headers"]["In-Reply-To"] == intro["headers"]["Message-ID"]


def test_a_footer_stands_above_what_is_quoted_and_may_be_left_out(
    desk: Desk, postroad: Postroad
) -> None:
    desk.write("people.csv", "email,first_name\nada@example.com,Ada\n")
    desk.edit("q4.yaml", "thread: reply", "thread: reply, quote: true")
    (intro, nudge) = postroad("launch", "q4.yaml", "--dry-run", "--json").json["sample"]["mails"]
    assert intro["html"].count("1 Main St, Springfield</p>") == 1
    said, _, quoted = nudge["text"].partition("wrote:")
    assert "1 Main St, Springfield" in said
    assert "1 Main St" not in quoted
    desk.edit("q4.yaml", "name: Q4 launch", "name: Q4 launch\nfooter: false")
    ran = postroad("launch", "q4.yaml", "--dry-run", "--json")
    assert "Main St" not in ran.stdout
    assert "the footer is left out" in ran.stderr


def test_a_rehearsal_forecasts_what_decides(desk: Desk, postroad: Postroad) -> None:
    desk.edit("q4.yaml", "senders: [ana@acme.test]", "senders: [ana@acme.test, bo@acme.test]")
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(20))
    desk.write("people.csv", f"email,first_name\n{rows}")
    forecast = postroad("launch", "q4.yaml", "--dry-run", "--json").json["forecast"]
    free, limited = forecast["by_channel"]
    assert (free["channel"], free["messages"], free["binding_limit"]) == ("ana-smtp", 20, None)
    assert (limited["channel"], limited["messages"]) == ("team", 20)
    assert "2 per 1h" in limited["binding_limit"]
    first, last = (datetime.fromisoformat(forecast[name]) for name in ("first_at", "last_at"))
    assert (last - first).total_seconds() == pytest.approx(3 * 86_400 + 4 * 3_600, abs=1)
    assert forecast["last_at"] == limited["last_at"]


@pytest.mark.usefixtures("desk")
def test_a_rehearsal_says_what_no_channel_may_take(postroad: Postroad) -> None:
    assert postroad("channel", "pause", "ana-smtp").code == 0
    forecast = postroad("launch", "q4.yaml", "--dry-run", "--json").json["forecast"]
    (held,) = forecast["by_channel"]
    assert (held["channel"], held["messages"], held["last_at"]) == (None, 4, None)
    assert "ana-smtp is paused" in held["binding_limit"]
    assert forecast["last_at"] is None


def test_a_rehearsal_changes_nothing(desk: Desk, postroad: Postroad) -> None:
    before = _rows(desk.ledger)
    assert postroad("launch", "q4.yaml", "--dry-run").code == 0
    assert _rows(desk.ledger) == before


def test_a_rehearsal_lists_every_rejected_row_for_people(desk: Desk, postroad: Postroad) -> None:
    rows = "".join(f"nobody{n},N\n" for n in range(2_500))
    desk.write("people.csv", f"email,first_name\n{rows}ada@example.com,Ada\n")
    lines = postroad("launch", "q4.yaml", "--dry-run").stdout.splitlines()
    assert sum(line.split("\t")[-2:-1] == ["malformed"] for line in lines) == 2_500
    assert "q4: 1 person, 2,500 rows rejected" in lines
    assert lines[-1] == "Nothing was launched."


def test_duplicates_far_apart_are_found(desk: Desk, postroad: Postroad) -> None:
    rows = "".join(f"p{n}@example.com,P\n" for n in range(3_000))
    desk.write("people.csv", f"email,first_name\n{rows}p0@example.com,P\n")
    told = postroad("launch", "q4.yaml", "--dry-run", "--json").json
    assert told["people"] == {"enrolled": 3_000, "rejected": 1}
    assert told["rejected"][0]["reason"] == "duplicate"


def test_a_rehearsal_of_a_launched_campaign_is_refused(desk: Desk, postroad: Postroad) -> None:
    with desk.ledger.write() as connection:
        add_campaign(connection)
    ran = postroad("launch", "q4.yaml", "--dry-run", "--json")
    assert (ran.code, ran.stdout) == (1, "")
    assert "was already launched" in ran.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "q4.yaml: is empty"),
        ("name: [", "q4.yaml:"),
        ("name: Q4\nsenders: [ana@acme.test]\nsteps: []\naudience: people.csv", "steps"),
        ("nmae: Q4", "did you mean 'name'"),
    ],
)
def test_a_wrong_campaign_file_is_refused_with_its_line(
    desk: Desk, postroad: Postroad, text: str, words: str
) -> None:
    desk.write("q4.yaml", text)
    ran = postroad("launch", "q4.yaml")
    assert (ran.code, ran.stdout) == (1, "")
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr


def test_people_who_are_in_other_campaigns_are_counted_unless_that_is_capped(
    desk: Desk, postroad: Postroad
) -> None:
    with desk.ledger.write() as connection:
        add_campaign(connection, "other")
        add_campaign(connection, "over", state=CampaignState.COMPLETED)
        add_person(connection, "ada@example.com", MessageState.PLANNED, campaign="other")
        add_person(connection, "grace@example.com", MessageState.PLANNED, campaign="over")
    said = postroad("launch", "q4.yaml", "--dry-run").stderr
    assert "warning: 1 person is in other running campaigns as well" in said
    desk.edit("workspace.yaml", "name: Acme,", "name: Acme, per_person: {messages: 1, per: 1d},")
    assert postroad("apply", "workspace.yaml").code == 0
    assert "other running campaigns" not in postroad("launch", "q4.yaml", "--dry-run").stderr


def test_a_step_with_variants_is_warned_of_by_their_names(desk: Desk, postroad: Postroad) -> None:
    variants = 'variants: [{id: loud, subject: "BUY NOW AND SAVE"}, {id: calm, subject: Hello}]'
    desk.edit("q4.yaml", 'subject: "Hello {{ person.first_name }}"', variants)
    said = postroad("launch", "q4.yaml", "--dry-run").stderr
    assert "warning: step intro, variant loud: " in said
    assert "variant calm" not in said


def test_a_dry_run_cannot_be_waited_for(desk: Desk, postroad: Postroad) -> None:
    assert postroad("launch", str(desk.campaign), "--dry-run", "--wait").code == 2


# --- launching --------------------------------------------------------------------------------


async def test_a_launched_campaign_is_waited_for_until_it_is_completed(running: Running) -> None:
    ran = await running("launch", "q4.yaml", "--wait")
    assert (ran.code, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "q4 is launched: 2 people to enrol, 2 rows rejected"
    assert "q4 is completed" in lines[-1]
    assert running.sandbox.accepted.messages == 4
    assert running.sandbox.accepted.duplicates == 0


async def test_a_launch_prints_json(running: Running) -> None:
    ran = await running("launch", "q4.yaml", "--wait", "--json")
    assert ran.json == {
        "campaign": "q4",
        "workflow_id": "campaign/q4",
        "state": "completed",
        "people": 2,
        "rejected": 2,
    }
    again = await running("launch", "q4.yaml", "--json")
    assert (again.code, again.stdout) == (1, "")
    assert "was already launched" in again.stderr


async def test_a_launch_says_where_it_can_be_watched(running: Running) -> None:
    ran = await running("launch", "q4.yaml", "--id", "q4-b")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[-1] == "`postroad watch q4-b` shows it"


def test_waiting_ends_when_only_an_operator_can_go_on(desk: Desk) -> None:
    with desk.ledger.write() as connection:
        add_campaign(connection)
        add_person(connection, "a@example.com", MessageState.UNCERTAIN, MessageState.PLANNED)
        add_person(
            connection,
            "b@example.com",
            MessageState.SENT,
            MessageState.SENT,
            state=EnrollmentState.FINISHED,
        )
    with pytest.raises(Refused, match=r"1 message .*`postroad uncertain list q4`"):
        wait_until_over(desk.ledger, "q4", show=False)


def test_waiting_ends_when_the_campaign_was_cancelled(desk: Desk) -> None:
    with desk.ledger.write() as connection:
        add_campaign(connection, state=CampaignState.CANCELLED)
        add_person(connection, "a@example.com", MessageState.UNCERTAIN)
    assert wait_until_over(desk.ledger, "q4", show=False) is CampaignState.CANCELLED


async def test_every_message_of_a_launch_is_sent_once(running: Running) -> None:
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(120))
    running.desk.write("people.csv", f"email,first_name\n{rows}gone@example.com,G\n")
    ran = await running("launch", "q4.yaml", "--wait")
    assert ran.code == 0
    assert running.sandbox.accepted.messages == 240
    assert running.sandbox.accepted.duplicates == 0
    with running.desk.ledger.read() as connection:
        states = dict(
            connection.execute(select(Message.state, func.count()).group_by(Message.state)).all()
        )
    assert states == {"sent": 240, "failed": 1, "suppressed": 1}
