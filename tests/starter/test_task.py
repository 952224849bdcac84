"""`task` shows what waits for somebody, and refuses in one sentence what cannot be settled."""

from pathlib import Path

import pytest
from sqlalchemy import insert, update

from postroad.contracts import MessageState, SelectChannel
from postroad.ledger.engine import Ledger
from postroad.ledger.selection import select_channels
from postroad.ledger.tables import Enrollment, Step, StepText
from tests.ledger_rows import ANA, NOW, add_campaign, add_person, add_sender
from tests.starter.command import Postroad


@pytest.fixture
def task(ledger: Ledger) -> int:
    """An open task of Ana's; returns its id."""
    with ledger.write() as connection:
        add_sender(connection)
        add_campaign(connection, steps=("call",))
        connection.execute(update(Step).values(settings={"task": "call", "due_within": "1h"}))
        text = {"subject": "Call {{ person.name }}", "text": "Say hello\nand listen"}
        row = {"campaign_id": "q4", "position": 0, "version": 1, "template": text}
        connection.execute(insert(StepText).values(row))
        (message,) = add_person(connection, "ada@x.test", MessageState.PLANNED, channel=None)
        connection.execute(update(Enrollment).values(fields={"name": "Ada \x1b[31m"}))
        select_channels(connection, SelectChannel(campaign_id="q4", sender=ANA), NOW)
        return message


def test_open_tasks_are_listed_with_what_is_to_be_done(postroad: Postroad, task: int) -> None:
    (listed,) = postroad("task", "list", "--json").json
    assert (listed["id"], listed["kind"], listed["email"]) == (task, "call", "ada@x.test")
    assert listed["instructions"] == "Say hello\nand listen"
    line = postroad("task", "list", "--sender", ANA).stdout.splitlines()[1]
    assert "call: Call Ada [31m" in line
    assert postroad("task", "list", "--sender", "bo@acme.test").stdout == "no task is open\n"


def test_a_task_is_shown_line_by_line(postroad: Postroad, task: int) -> None:
    shown = postroad("task", "show", str(task)).stdout.splitlines()
    assert shown[1:] == [f"ada@x.test, in q4 (call), for {ANA}", "Say hello", "and listen"]


@pytest.mark.parametrize("verb", ["show", "done", "skip"])
def test_a_task_that_does_not_exist_is_refused(postroad: Postroad, verb: str) -> None:
    ran = postroad("task", verb, "99")
    assert ran.code == 1
    assert "postroad task list" in ran.stderr


def test_a_note_that_is_too_long_is_refused(postroad: Postroad, task: int) -> None:
    ran = postroad("task", "done", str(task), "--note", "x" * 1_001)
    assert ran.code == 1
    assert "the note has 1,001 characters; at most 1,000 are kept" in ran.stderr


def test_a_mail_that_is_not_under_review_cannot_be_rewritten(
    postroad: Postroad, task: int, tmp_path: Path
) -> None:
    text = tmp_path / "answer.md"
    text.write_text("Good day", encoding="utf-8")
    for subject, why in (
        ("Hi", "no mail under review"),
        ("a\nb", "must be one line"),
        (" ", "needs a"),
    ):
        ran = postroad("task", "edit", str(task), "--subject", subject, "--text", str(text))
        assert ran.code == 1
        assert why in ran.stderr
    ran = postroad("task", "edit", str(task), "--subject", "Hi", "--text", str(tmp_path))
    assert (ran.code, ran.stderr.count("\n")) == (1, 1)
