"""`suppress` keeps the list, and stops people at once."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment
from tests.ledger_rows import add_campaign, add_channel, add_person
from tests.starter.command import Postroad
from tests.starter.conftest import Noted

PLANNED = MessageState.PLANNED


@pytest.fixture(autouse=True)
def no_temporal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list must be kept whether Temporal answers or not."""
    monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", "127.0.0.1:1")


@pytest.fixture
def ada(ledger: Ledger) -> None:
    """A campaign that is about to write to Ada."""
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", PLANNED, PLANNED)


def _listed(postroad: Postroad) -> dict[str, str]:
    return {row["address"]: row["reason"] for row in postroad("suppress", "list", "--json").json}


def test_an_address_is_kept_as_the_ledger_writes_it(postroad: Postroad) -> None:
    ran = postroad("suppress", "add", "ADA@x.test", "--reason", "asked by phone")
    assert ran.stdout == "ada@x.test is suppressed; 0 sequences ended, 0 messages stopped\n"
    assert _listed(postroad) == {"ada@x.test": "asked by phone"}
    assert "ada@x.test" in postroad("suppress", "list").stdout


@pytest.mark.usefixtures("ada")
def test_people_are_stopped_even_while_temporal_is_away(postroad: Postroad, ledger: Ledger) -> None:
    ran = postroad("suppress", "add", "@x.test")
    assert ran.code == 0
    assert "1 sequence ended, 2 messages stopped" in ran.stdout
    assert "notice by themselves" in ran.stdout
    with ledger.read() as connection:
        assert connection.execute(select(Enrollment.state)).scalar_one() == "unsubscribed"


def test_what_is_exported_can_be_imported_again(postroad: Postroad, tmp_path: Path) -> None:
    postroad("suppress", "add", "ada@x.test", "--reason", "=1+1, asked")
    postroad("suppress", "add", "@competitor.test")
    exported = postroad("suppress", "export").stdout
    assert exported.splitlines()[0] == "address,reason,source,since"
    file = tmp_path / "suppressions.csv"
    file.write_text(exported)
    for address in ("ada@x.test", "@competitor.test"):
        assert postroad("suppress", "lift", address).code == 0
    assert "2 new suppressions from 2 rows" in postroad("suppress", "import", str(file)).stdout


@pytest.mark.usefixtures("ada")
async def test_sequences_with_less_to_do_are_woken(
    no_temporal: None,  # noqa: ARG001 - `noted` must set the address after it
    postroad: Postroad,
    noted: Noted,
) -> None:
    await asyncio.to_thread(postroad, "suppress", "add", "ada@x.test")
    assert await noted.reasons_to_wake() == ["people suppressed"]


def test_a_lifted_address_is_off_the_list(postroad: Postroad) -> None:
    postroad("suppress", "add", "ada@x.test")
    assert postroad("suppress", "lift", "Ada@x.test").code == 0
    assert _listed(postroad) == {}
    ran = postroad("suppress", "lift", "ada@x.test")
    assert ran.code == 1
    assert "is not suppressed" in ran.stderr


def test_what_is_neither_address_nor_domain_is_refused(postroad: Postroad) -> None:
    ran = postroad("suppress", "add", "nobody")
    assert ran.code == 1
    assert "'nobody' is no address and no @domain" in ran.stderr


def test_a_plain_file_has_one_address_a_line(postroad: Postroad, tmp_path: Path) -> None:
    file = tmp_path / "optouts.txt"
    file.write_text("\ufeffada@x.test\n\n# by phone\n@rival.test\nada@x.test\n", encoding="utf-8")
    ran = postroad("suppress", "import", str(file), "--by", "bo")
    assert ran.code == 0
    assert ran.stdout.startswith("2 new suppressions from 3 rows;")
    assert _listed(postroad) == {"ada@x.test": "imported by bo", "@rival.test": "imported by bo"}


def test_a_csv_names_its_columns_and_keeps_its_reasons(postroad: Postroad, tmp_path: Path) -> None:
    file = tmp_path / "optouts.csv"
    file.write_text('name,Email,reason\nAda,ada@x.test,"asked, twice"\nBo,bo@x.test,\n')
    postroad("suppress", "import", str(file), "--reason", "old list")
    assert _listed(postroad) == {"ada@x.test": "asked, twice", "bo@x.test": "old list"}


def test_rows_that_name_nobody_are_told_and_stop_nothing(
    postroad: Postroad, tmp_path: Path
) -> None:
    file = tmp_path / "optouts.csv"
    file.write_text("ada@x.test\nnobody\nbo@x.test\n")
    ran = postroad("suppress", "import", str(file))
    assert ran.code == 1
    assert f"{file}: row 2: 'nobody'" in ran.stdout
    assert "1 row of" in ran.stderr
    assert sorted(_listed(postroad)) == ["ada@x.test", "bo@x.test"]


def test_a_file_from_a_spreadsheet_is_read_whatever_its_encoding(
    postroad: Postroad, tmp_path: Path
) -> None:
    file = tmp_path / "optouts.csv"
    file.write_bytes("E-Mail;Reason\nada@x.test;für immer\n".encode("utf-16"))
    assert postroad("suppress", "import", str(file)).code == 0
    assert _listed(postroad) == {"ada@x.test": "für immer"}


@pytest.mark.parametrize("content", [None, b""])
def test_a_file_that_cannot_be_read_is_refused(
    postroad: Postroad, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "optouts.csv"
    if content is not None:
        file.write_bytes(content)
    ran = postroad("suppress", "import", str(file))
    assert ran.code == 1
    assert str(file) in ran.stderr
    assert _listed(postroad) == {}
