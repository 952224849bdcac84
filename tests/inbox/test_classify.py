"""`postroad classify`: a line per mail, for people and for programs."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from starter.cli import main
from tests.inbox.notices import SAMPLES
from tests.inbox.test_dsn import dsn, group
from tests.inbox.test_people_and_programs import mail

Classify = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def classify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Classify:
    """Run the command; return its exit status and the lines of stdout and stderr."""

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["postroad", "classify", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out.splitlines(), err.splitlines()

    return run


@pytest.fixture
def bounce(tmp_path: Path) -> str:
    """A file that holds a hard bounce."""
    file = tmp_path / "bounce.eml"
    file.write_bytes(dsn(group("failed", "5.1.1", "550 5.1.1 no such user")))
    return str(file)


def test_json_has_exactly_the_contracts_keys(classify: Classify, bounce: str) -> None:
    code, [line], _ = classify(bounce, "--json")
    assert code == 0
    assert json.loads(line) == {
        "file": bounce,
        "kind": "hard",
        "action": "failed",
        "recipients": [{"address": "kay@wing.test", "status": "5.1.1", "reason": "user_unknown"}],
        "status": "5.1.1",
        "reason": "user_unknown",
        "at_fault": "recipient",
        "original_message_id": "<sent.1@acme.test>",
        "postroad_message": "q4/intro/p17",
        "return_date": None,
    }


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (SAMPLES[0].mail, "hard bounce: kay@wing.test (5.1.1 user unknown); at fault: recipient"),
        (dsn(group("delayed", "4.4.1")),
         "delay notice: kay@wing.test (4.4.1 transient); at fault: network"),
        (dsn(group("delivered", "2.0.0")), "success notice: kay@wing.test"),
        (mail("Automatic reply: x", "I am back on 24 June."), "auto-reply: back on 2024-06-24"),
        (mail("Re: x"), "reply"),
        (mail("x"), "something else"),
    ],
)  # fmt: skip
def test_people_get_a_sentence(
    classify: Classify, tmp_path: Path, raw: bytes, sentence: str
) -> None:
    file = tmp_path / "mail.eml"
    file.write_bytes(raw)
    assert classify(str(file)) == (0, [f"{file}: {sentence}"], [])


def test_a_mail_is_read_from_stdin(classify: Classify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SAMPLES[0].mail)))
    code, [line], _ = classify("-", "--json")
    assert code == 0
    assert (json.loads(line)["file"], json.loads(line)["kind"]) == ("-", "hard")


def test_what_cannot_be_read_is_told_and_the_rest_is_judged(
    classify: Classify, bounce: str, tmp_path: Path
) -> None:
    code, out, err = classify(str(tmp_path / "missing.eml"), str(tmp_path), bounce, "--json")
    assert code == 1
    assert [json.loads(line)["kind"] for line in out] == ["hard"]
    assert len(err) == 2
    assert "missing.eml: No such file or directory" in err[0]
    assert "Is a directory" in err[1]


def test_a_name_that_is_not_utf_8_is_no_reason_to_stop(classify: Classify, tmp_path: Path) -> None:
    file = tmp_path / "b\udcffd.eml"
    file.write_bytes(b"Subject: x\n\n")
    code, [line], _ = classify(str(file), "--json")
    assert code == 0
    assert json.loads(line)["file"].endswith("b\ufffdd.eml")


def test_nothing_in_a_mail_steers_the_terminal(classify: Classify, tmp_path: Path) -> None:
    file = tmp_path / "mail.eml"
    file.write_bytes(dsn(group("failed", "5.1.1", address="\x1b[2Jkay@wing.test")))
    _, [line], _ = classify(str(file))
    assert line.isprintable()
