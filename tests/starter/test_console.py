"""What is printed is harmless, and the same for programs everywhere."""

import json
from datetime import UTC, datetime

import pytest

from postroad.contracts import CampaignProgress, CampaignState
from starter.terminal import plain, print_json, print_json_line, print_table, say


def test_nothing_that_is_printed_steers_the_terminal() -> None:
    assert plain("a\x1b[2Jb\x07\x9b31m\u202ec") == "a[2Jb31mc"


def test_what_is_printed_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("Ana\r\nBcc: x")
    assert capsys.readouterr().out == "Ana  Bcc: x\n"


def test_names_of_any_script_are_printed_as_they_are() -> None:
    assert plain("Ólafur Žižka 山田 🎉") == "Ólafur Žižka 山田 🎉"


def test_rows_are_lines_with_tabs_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["row", "why"], iter([["2", "no\tdomain"], ["3", "[red]x"]]))
    assert capsys.readouterr().out == "row\twhy\n2\tno domain\n3\t[red]x\n"


def test_models_and_times_are_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    progress = CampaignProgress(
        campaign_id="q4",
        state=CampaignState.RUNNING,
        enrolled=1,
        rejected=0,
        chunks_to_enrol=0,
        sequences_running=[],
    )
    print_json({"at": datetime(2026, 11, 23, tzinfo=UTC), "progress": [progress]})
    printed = json.loads(capsys.readouterr().out)
    assert printed["at"] == "2026-11-23T00:00:00Z"
    assert printed["progress"][0]["campaign_id"] == "q4"


def test_a_json_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json_line({"detail": "a\nb"})
    assert capsys.readouterr().out == '{"detail":"a\\nb"}\n'
