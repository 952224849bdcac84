"""The audience: CSV as people have it, each row accepted or rejected, none stopping the rest."""

import codecs
import csv
import io
import json
import tracemalloc
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.campaign.audience import (
    AudienceRow,
    RejectedRow,
    field_name,
    open_audience,
    pack_rows,
    read_audience,
    unpack_rows,
)
from postroad.yaml_file import FileError


def _file(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _people(tmp_path: Path, content: str | bytes) -> list[AudienceRow]:
    rows = list(read_audience(_file(tmp_path, content)))
    assert all(isinstance(row, AudienceRow) for row in rows), rows
    return [row for row in rows if isinstance(row, AudienceRow)]


def _rejected(tmp_path: Path, content: str) -> list[tuple[int, str, str]]:
    rows = read_audience(_file(tmp_path, content))
    return [(row.row, row.address, row.reason) for row in rows if isinstance(row, RejectedRow)]


def test_a_row_becomes_a_person_with_fields(tmp_path: Path) -> None:
    text = (
        "Email,First Name,Company,Sender,Time Zone\n"
        "Ana.Ruiz@Acme.test, Ana ,,BO@acme.test,Europe/Madrid\n"
    )
    audience = open_audience(_file(tmp_path, text))
    assert audience.fields == ("first_name", "company")
    assert list(audience.rows()) == [
        AudienceRow(
            row=2,
            recipient="Ana.Ruiz@acme.test",
            address="ana.ruiz@acme.test",
            domain="acme.test",
            fields={"first_name": "Ana", "company": ""},
            sender="bo@acme.test",
            timezone="Europe/Madrid",
        )
    ]


@pytest.mark.parametrize(
    "column", ["email", "E-Mail", " EMAIL ", "Email Address", "e-mail_address"]
)
def test_the_address_column_may_be_called_what_it_usually_is(tmp_path: Path, column: str) -> None:
    (person,) = _people(tmp_path, f"name,{column}\nAna,ana@acme.test\n")
    assert (person.address, person.fields) == ("ana@acme.test", {"name": "Ana"})


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("First Name", "first_name"),
        ("  Prénom ", "prénom"),
        ("Größe (cm)", "größe_cm"),
        ("2nd contact", "field_2nd_contact"),
        ("会社", "会社"),
        ("__class__", "class"),
        ("a\nb", "a_b"),
        ("ＦＵＬＬ", "full"),
        ("%&/", ""),
    ],
)
def test_columns_get_names_that_templates_can_use(column: str, name: str) -> None:
    assert field_name(column) == name
    assert not name or name.isidentifier()


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    text = 'email,note\r\na@b.test,"two\r\nlines"\r\n\r\n,,\r\nb@b.test,x\r\n'
    assert [(p.row, p.fields["note"]) for p in _people(tmp_path, text)] == [
        (2, "two\r\nlines"),
        (5, "x"),
    ]


def test_bad_rows_are_rejected_and_the_others_go_on(tmp_path: Path) -> None:
    text = (
        "email,name,sender,timezone\n"
        "a@b.test,ok,,\n"
        ",nobody,,\n"
        "not an address,x,,\n"
        "Bo <bo@b.test>,x,,\n"
        "c@b.test,x,,Mars/Base\n"
        "d@b.test,x,someone,\n"
        "e@b.test,Smith, John,,\n"
        "f@b.test\n"
        f"{'x' * 400}@b.test,x,,\n"
    )
    assert _rejected(tmp_path, text) == [
        (3, "", "missing"),
        (4, "not an address", "malformed"),
        (5, "Bo <bo@b.test>", "malformed"),
        (6, "c@b.test", "bad_timezone"),
        (7, "d@b.test", "unknown_sender"),
        (8, "e@b.test", "ragged"),
        (10, "x" * 320, "malformed"),
    ]
    people = [row.row for row in read_audience(tmp_path / "people.csv") if len(row) == 7]
    assert people == [2, 9], "a short row lacks only empty cells"


def test_columns_without_name_and_content_at_the_end_do_no_harm(tmp_path: Path) -> None:
    (person,) = _people(tmp_path, "email;name;;\na@b.test;Ana;;\n")
    assert person.fields == {"name": "Ana"}


def test_text_under_a_column_without_a_name_rejects_the_row(tmp_path: Path) -> None:
    assert _rejected(tmp_path, "email;name;\na@b.test;Ana;lost\n") == [(2, "a@b.test", "ragged")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_whatever_stands_inside_quotes(
    tmp_path: Path, delimiter: str
) -> None:
    others = ",;\t|" * 5
    text = delimiter.join([f'"name {others}"', "email", "city"]) + "\n"
    text += delimiter.join([f'"{others}"', "a@b.test", '"x ""y"""']) + "\n"
    audience = open_audience(_file(tmp_path, text))
    assert audience.file.delimiter == delimiter
    (person,) = _people(tmp_path, text)
    assert person.fields == {"name": others.strip(), "city": 'x "y"'}


def test_the_separator_line_of_excel_is_passed_over(tmp_path: Path) -> None:
    (person,) = _people(tmp_path, "sep=;\r\nemail;name\r\na@b.test;A,B\r\n")
    assert (person.row, person.fields) == (2, {"name": "A,B"})


def test_a_file_of_addresses_alone_is_an_audience(tmp_path: Path) -> None:
    assert [p.address for p in _people(tmp_path, "email\na@b.test\nb@b.test")] == [
        "a@b.test",
        "b@b.test",
    ]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ["José", "Łukasz", "田中", "Анна"]),
        ("utf-8-sig", ["José", "田中"]),
        ("utf-16", ["José", "田中"]),
        ("cp1252", ["José García", "François", "Zoë “x”", "Müller"]),
        ("cp1250", ["Łukasz Wójcik", "Jiří Dvořák", "Žaneta Šťastná", "Małgorzata Dąbrowska"]),
        ("cp1251", ["Анна Иванова", "Дмитрий Соколов", "Ольга Кузнецова"]),
        ("cp932", ["田中 太郎", "佐藤 花子", "株式会社サンプル"]),
    ],
)
def test_encodings_are_found(tmp_path: Path, encoding: str, names: list[str]) -> None:
    text = "email;name\r\n" + "".join(f"p{n}@b.test;{name}\r\n" for n, name in enumerate(names))
    assert [p.fields["name"] for p in _people(tmp_path, text.encode(encoding))] == names


@pytest.mark.parametrize("name", ["Muñoz", "Peña", "João", "Sørensen", "Håkon", "Côté"])
def test_a_single_western_name_is_read_as_western(tmp_path: Path, name: str) -> None:
    (person,) = _people(tmp_path, f"email,name\na@b.test,{name}\n".encode("cp1252"))
    assert person.fields["name"] == name


def test_one_odd_byte_far_down_changes_the_encoding_of_the_whole_file(tmp_path: Path) -> None:
    lines = b"".join(b"p%d@b.test,plain\r\n" % n for n in range(60_000))
    people = _people(tmp_path, b"email,name\r\n" + lines + b"last@b.test,Ren\xe9\r\n")
    assert people[-1].fields["name"] == "René"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "is empty"),
        (codecs.BOM_UTF8, "is empty"),
        (b"name,city\nAna,Ulm\n", "has no column 'email'; its header is 'name', 'city'"),
        (b"ana@acme.test\nbo@acme.test\n", "has no column 'email'; its header is 'ana@acme.test'"),
        (b"email,Name,name\n", "header columns 2 and 3 are both named 'name'"),
        (b"email,email\n", "header columns 1 and 2 are both named 'email'"),
        (b"email,,name\n", "header column 2 has no name"),
        (b"email,???\n", "header column 2 has no name"),
        (b"email\na@b.test\nx\0y\n", ":3: holds a NUL byte"),
        ("email\na@b.test\n".encode("utf-16-le"), ":1: holds a NUL byte"),
        (b"PK\x03\x04 and so on", "is an Excel workbook; save it as CSV UTF-8"),
        (codecs.BOM_UTF16_LE + b"e\0m\0a\0i\0l\0\n\0\x00\xd8\n\0", "is not utf-16"),
        (b'email,x\na@b.test,"' + b"x\n" * 80_000, ":2: a field is longer than 131,072"),
        (b"email,x\na@b.test," + b"x" * 10_000_000, ":2: the row is longer than 1,000,000"),
        (b"email,x\na@b.test" + b',"\n"' * 400_000, ":2: the row is longer than 1,000,000"),
    ],
)
def test_what_is_no_audience_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = _file(tmp_path, content)
    with pytest.raises(FileError) as refusal:
        list(read_audience(path))
    assert str(refusal.value).startswith(str(path))
    assert problem in str(refusal.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(FileError, match="cannot be read"):
            read_audience(path)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        text = "email,name\n" + "".join(f"p{n}@c{n % 500}.test,Ana\n" for n in range(rows))
        path = _file(tmp_path, text)
        tracemalloc.start()
        count = sum(1 for _ in read_audience(path))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == rows
        return most

    peak(100)  # warms what is imported and cached once
    assert peak(40_000) < peak(4_000) + 500_000


_CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
)
_NOTE = _CELL.map(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    notes=st.lists(st.tuples(_NOTE, _NOTE), min_size=1, max_size=8),
    header=_CELL,
    delimiter=st.sampled_from(",;\t|"),
    # The csv module quotes a lone line feed only where told to quote everything.
    style=st.sampled_from(
        [(csv.QUOTE_MINIMAL, "\r\n"), *((csv.QUOTE_ALL, end) for end in ("\n", "\r\n", "\r"))]
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    place=st.integers(0, 2),
)
def test_what_a_spreadsheet_writes_is_read_back(
    tmp_path: Path,
    notes: list[tuple[str, str]],
    header: str,
    delimiter: str,
    style: tuple[Literal[0, 1], str],
    encoding: str,
    place: int,
) -> None:
    def with_address(cells: tuple[str, str], address: str) -> list[str]:
        return [*cells[:place], address, *cells[place:]]

    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=style[0], lineterminator=style[1])
    writer.writerow(with_address((f"x{header}", "other, one; two|\t"), "email"))
    for n, cells in enumerate(notes):
        writer.writerow(with_address(cells, f"p{n}@b.test"))
    people = _people(tmp_path, text.getvalue().encode(encoding))
    assert [person.row for person in people] == list(range(2, len(notes) + 2))
    assert [tuple(person.fields.values()) for person in people] == notes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300) | st.binary(max_size=300).map(b"email,x\n".__add__))
def test_any_bytes_are_read_or_refused_without_a_crash(tmp_path: Path, content: bytes) -> None:
    try:
        rows = list(read_audience(_file(tmp_path, content)))
    except FileError:
        return
    assert all(row.row > 1 for row in rows)


@given(
    st.lists(
        st.builds(
            AudienceRow,
            row=st.integers(2, 10**7),
            recipient=st.text(),
            address=st.text(),
            domain=st.text(),
            fields=st.dictionaries(st.text(), st.text()),
            sender=st.none() | st.text(),
            timezone=st.none() | st.text(),
        )
    )
)
def test_packed_rows_come_back_as_they_were(rows: list[AudienceRow]) -> None:
    assert unpack_rows(pack_rows(rows)) == rows


def test_packed_rows_are_much_smaller_than_the_rows() -> None:
    fields = {"first_name": "Ana", "company": "Acme"}
    rows = [
        AudienceRow(n, f"p{n}@b.test", f"p{n}@b.test", "b.test", fields, None, None)
        for n in range(1_000)
    ]
    assert len(pack_rows(rows)) * 5 < len(json.dumps(rows))
