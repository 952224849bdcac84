"""Metrics and traces are off until they are asked for; a wrong setting is told in a sentence."""

from pathlib import Path

import pytest

from postroad.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _empty_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_is_shown_or_sent_unless_it_is_asked_for() -> None:
    settings = load_settings()
    assert (settings.metrics.bind, settings.tracing.endpoint) == ("", "")


@pytest.mark.parametrize("given", ['"9464"', "9464"])
def test_a_port_alone_is_one_on_loopback(given: str) -> None:
    Path("postroad.toml").write_text(f"[metrics]\nbind = {given}\n")
    assert load_settings().metrics.bind == "127.0.0.1:9464"


@pytest.mark.parametrize(
    ("table", "setting", "value"),
    [
        ("metrics", "bind", "anywhere"),
        ("tracing", "endpoint", "collector:4318"),
        ("log", "format", "xml"),
    ],
)
def test_a_wrong_setting_is_named(table: str, setting: str, value: str) -> None:
    Path("postroad.toml").write_text(f'[{table}]\n{setting} = "{value}"\n')
    with pytest.raises(SettingsError, match=rf"^postroad\.toml: {table}\.{setting} [^\n]+$"):
        load_settings()
