"""`postroad user` says who may sign in to the console."""

import io
import json
from pathlib import Path

import pytest

from operations.one_time_link import spend_link
from operations.passwords import is_password
from postroad.ledger.engine import Ledger
from postroad.ledger.users import Role, credentials
from postroad.settings import load_settings
from starter.console_verb import console_link
from tests.starter.command import Postroad

_PASSWORD = "correct horse battery"


def _type(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{words}\n"))


def test_a_user_is_added_with_a_password_from_the_input(
    postroad: Postroad, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    _type(monkeypatch, _PASSWORD)
    ran = postroad("user", "add", "Ana@ACME.test", "--role", "manager")
    assert (ran.code, ran.stdout) == (0, "ana@acme.test may sign in as manager\n")
    with ledger.read() as connection:
        kept = credentials(connection, "ana@acme.test")
    assert kept is not None
    assert kept[1] is Role.MANAGER
    assert kept[0].startswith("$argon2id$")
    assert is_password(_PASSWORD, kept[0])
    assert not is_password("another password", kept[0])


def test_a_user_is_changed_listed_and_removed(
    postroad: Postroad, monkeypatch: pytest.MonkeyPatch
) -> None:
    _type(monkeypatch, _PASSWORD)
    postroad("user", "add", "ana@acme.test")
    assert postroad("user", "role", "ana@acme.test", "admin").code == 0
    _type(monkeypatch, "another long password")
    assert postroad("user", "password", "ana@acme.test").code == 0
    listed = json.loads(postroad("user", "list", "--json").stdout)
    assert [(user["email"], user["role"]) for user in listed] == [("ana@acme.test", "admin")]
    assert postroad("user", "remove", "ana@acme.test").code == 0
    again = postroad("user", "remove", "ana@acme.test")
    assert again.code == 1
    assert "has no password here" in again.stderr


@pytest.mark.parametrize("password", ["short", ""])
def test_a_weak_password_is_refused(
    postroad: Postroad, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    _type(monkeypatch, password)
    ran = postroad("user", "add", "ana@acme.test")
    assert ran.code == 1
    assert "at least 12 characters" in ran.stderr


def test_a_link_is_printed_that_works_once_and_ends_the_one_before(postroad: Postroad) -> None:
    links = [postroad("user", "link").stdout.strip() for _ in range(2)]
    former, latest = (link.partition("token=")[2] for link in links)
    data_dir = load_settings().data_dir
    assert not spend_link(data_dir, former)
    assert spend_link(data_dir, latest)
    assert not spend_link(data_dir, latest)


def test_up_offers_a_link_only_while_nobody_can_sign_in_and_only_on_loopback(
    postroad: Postroad, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings()
    assert "token=" in console_link(settings, "127.0.0.1:8080")
    assert console_link(settings, "0.0.0.0:8080") == "http://0.0.0.0:8080"
    _type(monkeypatch, _PASSWORD)
    postroad("user", "add", "ana@acme.test")
    assert console_link(settings, "127.0.0.1:8080") == "http://127.0.0.1:8080"


def test_a_link_into_a_directory_that_is_not_there_is_refused_in_a_sentence(
    postroad: Postroad, tmp_path: Path
) -> None:
    ran = postroad("user", "link", "--data-dir", str(tmp_path / "none"))
    assert (ran.code, ran.stderr.count("\n")) == (1, 1)
    assert "there is no data directory" in ran.stderr
