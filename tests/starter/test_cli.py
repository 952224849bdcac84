"""The skeleton of the command: verbs, shared options, exit statuses, one-sentence errors."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from starter import cli
from starter.cli import app, load
from starter.verbs import VERBS


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as its users do."""
    return subprocess.run(
        [sys.executable, "-c", "from starter.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )


_IN_BRACKETS = re.compile(r"\[[\w.]+\]")


def _commands() -> Iterator[tuple[list[str], Any]]:
    """Yield every command with the words that call it."""
    for verb in VERBS:
        command = load(verb)
        yield [verb], command
        for name, below in getattr(command, "commands", {}).items():
            yield [verb, name], below


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_of_verbs_says_what_their_help_says(verb: str) -> None:
    assert load(verb).help.partition("\n")[0] == VERBS[verb].words


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_the_options_on_settings(verb: str) -> None:
    found = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200"})
    assert found.exit_code == 0
    assert "--data-dir" in found.stdout
    assert "--config" in found.stdout


def test_help_prints_names_in_brackets_as_they_are() -> None:
    for path, command in _commands():
        words = " ".join(
            [command.help or "", *(getattr(one, "help", None) or "" for one in command.params)]
        )
        found = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
        assert all(name in found.stdout for name in _IN_BRACKETS.findall(words)), path


def test_help_lists_every_verb_and_loads_none(tmp_path: Path) -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from starter.cli import app\n"
        "print(CliRunner().invoke(app, ['--help']).stdout)\n"
        "print('heavy:', {'sqlalchemy', 'temporalio', 'jinja2'} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert all(verb in ran.stdout for verb in VERBS)
    assert "heavy: set()" in ran.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data-dir", "elsewhere", "status"),
        ("status", "--data-dir", "elsewhere"),
        ("uncertain", "list", "--data-dir", "elsewhere"),
        ("uncertain", "--data-dir", "elsewhere", "list"),
    ],
)
def test_options_on_settings_stand_before_or_after_the_verb(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    Path(tmp_path, "elsewhere").write_text("a file where a directory should be")
    ran = _run(*arguments, cwd=tmp_path)
    assert ran.returncode == 1
    assert "there is no ledger yet" in ran.stderr


def test_a_named_settings_file_is_used(tmp_path: Path) -> None:
    Path(tmp_path, "other.toml").write_text('[temporal]\nadress = "x:1"')
    ran = _run("status", "--config", "other.toml", cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr == (
        "postroad: other.toml: temporal.adress is no setting; did you mean temporal.address?\n"
    )


def test_without_a_ledger_the_way_out_is_named(tmp_path: Path) -> None:
    ran = _run("report", "q4", cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr == (
        "postroad: there is no ledger yet: `postroad up` or `postroad setup` creates it\n"
    )


def test_without_tables_the_way_out_is_named(tmp_path: Path) -> None:
    Path(tmp_path, ".postroad").mkdir()
    ran = _run("status", cwd=tmp_path)
    assert ran.returncode == 1
    assert "`postroad setup` brings them up to date" in ran.stderr


def test_an_unreachable_database_is_one_sentence(tmp_path: Path) -> None:
    Path(tmp_path, "postroad.toml").write_text(
        '[ledger]\nurl = "postgresql+psycopg://me:hidden@127.0.0.1:1/postroad"'
    )
    ran = _run("status", cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "the ledger cannot be used" in ran.stderr
    assert "hidden" not in ran.stderr


def test_an_unreachable_temporal_is_one_sentence(tmp_path: Path) -> None:
    Path(tmp_path, "postroad.toml").write_text('[temporal]\naddress = "127.0.0.1:1"')
    assert _run("setup", cwd=tmp_path).returncode == 0
    ran = _run("pause", "q4", cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr == (
        "postroad: no Temporal server at 127.0.0.1:1: "
        "start `postroad up`, or set temporal.address\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lunch",), "Did you mean 'launch'"),
        (("launch",), "Missing argument 'CAMPAIGN.yaml'"),
        (("report", "q4", "--jsno"), "No such option: --jsno"),
        (("status", "--data-dir"), "requires an argument"),
    ],
)
def test_wrong_usage_is_exit_status_2(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    ran = _run(*arguments, cwd=tmp_path)
    assert ran.returncode == 2
    assert words in ran.stderr
    assert ran.stdout == ""


def test_a_fault_of_our_own_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("x\x1b[31m")

    broken = typer.Typer()
    broken.command()(fail)
    monkeypatch.setattr(cli, "app", broken)
    monkeypatch.setattr(sys, "argv", ["postroad"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    stderr = capsys.readouterr().err
    assert stderr.startswith("postroad: a fault of Postroad's own, ZeroDivisionError")
    assert "\x1b" not in stderr


def test_the_version_is_printed(tmp_path: Path) -> None:
    ran = _run("--version", cwd=tmp_path)
    assert (ran.returncode, ran.stdout.split()[0]) == (0, "postroad")
