"""Logs are JSON lines or lines for people, as the settings say."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from postroad.logs import configure_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def _written(capsys: pytest.CaptureFixture[str]) -> str:
    with bound_contextvars(campaign="q4"):
        structlog.get_logger().info("told", channel="ana-smtp")
    logging.getLogger("some.library").warning("careful")
    return capsys.readouterr().err


def test_lines_are_json_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    ours, theirs = map(json.loads, _written(capsys).splitlines())
    assert (ours["event"], ours["campaign"], ours["channel"]) == ("told", "q4", "ana-smtp")
    assert (theirs["event"], theirs["level"]) == ("careful", "warning")


def test_the_settings_choose_lines_for_people_anywhere(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("console")
    first = _written(capsys).splitlines()[0]
    assert "told" in first
    with pytest.raises(json.JSONDecodeError):
        json.loads(first)


def test_the_settings_choose_json_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure_logs("json")
    assert json.loads(_written(capsys).splitlines()[0])["event"] == "told"
