"""The audience: a CSV of people, row by row, each accepted or rejected with its reason."""

import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from postroad.campaign.address import parse_address
from postroad.campaign.csv_file import CsvFile, open_csv
from postroad.campaign.schedule import check_timezone
from postroad.yaml_file import FileError

ROWS_PER_CHUNK = 1_000

_EMAIL = ("email", "e_mail", "email_address", "e_mail_address")
_TIMEZONE = ("timezone", "time_zone")
_SENDER = ("sender",)
_ADDRESS_SHOWN = 320


class RejectionReason(StrEnum):
    """Why a row was not enrolled; the last three are also found when it meets the ledger."""

    MISSING = "missing"
    MALFORMED = "malformed"
    RAGGED = "ragged"
    BAD_TIMEZONE = "bad_timezone"
    BLANK_FIELD = "blank_field"
    UNKNOWN_SENDER = "unknown_sender"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"


class AudienceRow(NamedTuple):
    """One person, as the file describes them."""

    row: int
    """As a spreadsheet numbers it: the header is row 1."""
    recipient: str
    address: str
    domain: str
    fields: dict[str, str]
    """Every other column by its name in templates; an empty cell is an empty string."""
    sender: str | None
    """Normalised; None where the file names none."""
    timezone: str | None


class RejectedRow(NamedTuple):
    """One row that names nobody who can be written to."""

    row: int
    address: str
    """What stood in the address column, cut."""
    reason: RejectionReason
    detail: str


@dataclass(frozen=True, slots=True)
class Audience:
    """An audience file whose header was read."""

    file: CsvFile
    fields: tuple[str, ...]
    """The names that templates may use."""
    _columns: "Columns"

    def rows(self) -> Iterator[AudienceRow | RejectedRow]:
        """Yield every row that is not blank.

        Raises:
            FileError: from here on the file cannot be read.
        """
        for row, cells in self.file.records():
            yield self._columns.read(row, cells)


def open_audience(path: Path) -> Audience:
    """Read an audience's header.

    Raises:
        FileError: the file cannot be read, or its header is not usable.
    """
    file = open_csv(path, lambda cells: _first(_EMAIL, list(map(field_name, cells))) is not None)
    columns = columns_of(file.header, str(file.path))
    return Audience(file, tuple(name for name, _ in columns.fields), columns)


def read_audience(path: Path) -> Iterator[AudienceRow | RejectedRow]:
    """Yield every row of an audience file, in constant memory.

    Raises:
        FileError: the file cannot be read, or its header is not usable.
    """
    return open_audience(path).rows()


def field_name(column: str) -> str:
    """Return a column's name in templates: `First Name` becomes `first_name`.

    A name that would begin with a digit gets `field_` before it; no letter at all gives "".
    """
    words = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", column).lower()).strip("_")
    return words if not words or words.isidentifier() else f"field_{words}"


def pack_rows(rows: Sequence[AudienceRow]) -> bytes:
    """Return rows as compressed JSON, for one chunk of the ledger."""
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), 3)


def unpack_rows(packed: bytes) -> list[AudienceRow]:
    """Return the rows of `pack_rows`."""
    return [AudienceRow._make(row) for row in json.loads(zlib.decompress(packed))]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a record to find what."""

    width: int
    """Cells of a whole record."""
    named: int
    """Columns that have a name; those behind them must be empty."""
    email: int
    sender: int | None
    timezone: int | None
    fields: tuple[tuple[str, int], ...]
    """Every other column, by its name in templates."""

    def read(self, row: int, cells: list[str]) -> AudienceRow | RejectedRow:
        """Return what one record says: a person, or why it names nobody."""
        fault = self._fit(cells)
        text = cells[self.email]
        if fault:
            return _rejected(row, text, RejectionReason.RAGGED, fault)
        if not text or text.isspace():
            return RejectedRow(row, "", RejectionReason.MISSING, "the row has no address")
        try:
            recipient, address, domain = parse_address(text)
        except ValueError as error:
            return _rejected(row, text, RejectionReason.MALFORMED, error)
        try:
            sender = None if self.sender is None else _sender(cells[self.sender])
        except ValueError as error:
            return _rejected(row, text, RejectionReason.UNKNOWN_SENDER, error)
        try:
            zone = None if self.timezone is None else _timezone(cells[self.timezone])
        except ValueError as error:
            return _rejected(row, text, RejectionReason.BAD_TIMEZONE, error)
        fields = {name: cells[column].strip() for name, column in self.fields}
        return AudienceRow(row, recipient, address, domain, fields, sender, zone)

    def _fit(self, cells: list[str]) -> str:
        """Fill a short record with empty cells; say what is wrong with a long one.

        A long one is never cut, even if its last cells are empty: an unquoted delimiter may have
        moved everything behind it into the next column.
        """
        if len(cells) > self.width:
            return f"has {len(cells)} cells for {self.width} columns; quote the text that is split"
        if any(cells[self.named :]):
            return f"has text beyond column {self.named}, the last that has a name"
        cells.extend([""] * (self.width - len(cells)))
        return ""


def _rejected(row: int, text: str, reason: RejectionReason, why: object) -> RejectedRow:
    return RejectedRow(row, text[:_ADDRESS_SHOWN], reason, str(why))


def columns_of(header: Sequence[str], source: str) -> Columns:
    """Find out what stands in which column.

    Args:
        header: what the columns are called.
        source: where it was read, for error messages.

    Raises:
        FileError: there is no column for addresses, or a name is missing or stands there twice.
    """
    names = [field_name(column) for column in _named(header)]
    email = _first(_EMAIL, names)
    if email is None:
        found = ", ".join(repr(column[:40]) for column in header[:20])
        raise FileError(f"{source}: has no column 'email'; its header is {found}")
    for number, name in enumerate(names):
        if not name:
            raise FileError(f"{source}: header column {number + 1} has no name; give it one")
        if name in names[:number]:
            raise FileError(
                f"{source}: header columns {names.index(name) + 1} and {number + 1} "
                f"are both named {name!r}; rename one"
            )
    sender, timezone = _first(_SENDER, names), _first(_TIMEZONE, names)
    special = (email, sender, timezone)
    fields = tuple((name, n) for n, name in enumerate(names) if n not in special)
    return Columns(len(header), len(names), email, sender, timezone, fields)


def _named(header: Sequence[str]) -> Sequence[str]:
    """Return a header without the empty cells that spreadsheets leave at its end."""
    last = max((n for n, column in enumerate(header, start=1) if column.strip()), default=0)
    return header[:last]


def _first(wanted: Iterable[str], names: list[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


@lru_cache(maxsize=1_024)
def _sender(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return parse_address(text).address
    except ValueError as error:
        raise ValueError(f"the sender {text[:80]!r} is no address: {error}") from None


@lru_cache(maxsize=1_024)
def _timezone(text: str) -> str | None:
    name = text.strip()
    return check_timezone(name) if name else None
