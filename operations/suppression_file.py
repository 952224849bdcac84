"""Files of addresses and domains that must get nothing: reading them, and writing the list."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from postroad.campaign.address import parse_address, parse_domain
from postroad.campaign.audience import field_name
from postroad.campaign.csv_file import open_csv
from postroad.ledger.suppression_list import SuppressedAddress

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""
_ADDRESS_COLUMNS = ("email", "e_mail", "email_address", "e_mail_address", "address", "domain")


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """One row of the file; `address` is None where the row names none."""

    row: int
    """As a spreadsheet numbers it."""
    text: str
    address: str | None
    reason: str
    fault: str = ""


def suppression_key(text: str) -> str:
    """Return a normalised address, or `@domain`.

    Raises:
        ValueError: it is neither; the message is a clause that says why.
    """
    text = text.strip()
    if text.startswith("@"):
        return f"@{parse_domain(text[1:])}"
    return parse_address(text).address


def read_suppressions(path: Path) -> Iterator[SuppressionRow]:
    """Yield the rows of a file: one address or `@domain` a line, or a CSV with a header.

    A header names the column `email`, `address` or `domain`, and perhaps `reason`; without one
    the first column counts. Blank rows and rows that begin with `#` are passed over.

    Raises:
        FileError: the file cannot be read.
    """
    file = open_csv(path, lambda cells: _columns(cells) is not None)
    columns = _columns(file.header)
    records = file.records()
    if columns is None:
        columns = (0, None)
        records = chain([(1, list(file.header))], records)
    for row, cells in records:
        if not cells[0].startswith("#"):
            yield _row(row, cells, *columns)


def suppression_lines(listed: Iterable[SuppressedAddress]) -> Iterator[str]:
    """Yield the list as CSV line by line, in the form that `read_suppressions` reads."""
    yield _line(["address", "reason", "source", "since"])
    for row in listed:
        reason = f"'{row.reason}" if row.reason.startswith(_FORMULA) else row.reason
        yield _line([row.address, reason, row.source, row.at.isoformat()])


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _columns(cells: list[str] | tuple[str, ...]) -> tuple[int, int | None] | None:
    """Return where address and reason stand; None where this is no header."""
    names = [field_name(cell) for cell in cells]
    found = [names.index(name) for name in _ADDRESS_COLUMNS if name in names]
    if not found:
        return None
    return found[0], names.index("reason") if "reason" in names else None


def _row(row: int, cells: list[str], address: int, reason: int | None) -> SuppressionRow:
    text = cells[address].strip() if address < len(cells) else ""
    why = cells[reason].strip() if reason is not None and reason < len(cells) else ""
    try:
        return SuppressionRow(row, text, suppression_key(text), why)
    except ValueError as error:
        return SuppressionRow(row, text, None, why, fault=str(error))
