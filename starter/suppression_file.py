"""Reading a file of addresses and domains that must get nothing."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from postroad.campaign.address import parse_address, parse_domain

_ADDRESS_COLUMNS = ("email", "address", "domain")


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """One row of the file; `address` is None where the row names none."""

    line: int
    text: str
    address: str | None
    reason: str
    fault: str = ""


def suppression_key(text: str) -> str:
    """Return a normalised address, or `@domain`.

    Raises:
        ValueError: it is neither; the message says why.
    """
    text = text.strip()
    if text.startswith("@"):
        return f"@{parse_domain(text[1:])}"
    return parse_address(text).address


def read_suppressions(path: Path) -> Iterator[SuppressionRow]:
    """Yield the rows of a file, one address or `@domain` a line, or a CSV with a header.

    A header names the column `email`, `address` or `domain`, and perhaps `reason`; without one
    the first column counts. Empty lines and lines starting with `#` are passed over.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: it is not UTF-8.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        columns = (0, None)
        for number, cells in enumerate(rows):
            if not cells or not cells[0].strip() or cells[0].startswith("#"):
                continue
            header = _header(cells) if number == 0 else None
            if header is not None:
                columns = header
                continue
            yield _row(rows.line_num, cells, *columns)


def _header(cells: list[str]) -> tuple[int, int | None] | None:
    names = [cell.strip().lower() for cell in cells]
    found = [names.index(name) for name in _ADDRESS_COLUMNS if name in names]
    if not found:
        return None
    return found[0], names.index("reason") if "reason" in names else None


def _row(line: int, cells: list[str], address: int, reason: int | None) -> SuppressionRow:
    text = cells[address].strip() if address < len(cells) else ""
    why = cells[reason].strip() if reason is not None and reason < len(cells) else ""
    try:
        return SuppressionRow(line, text, suppression_key(text), why)
    except ValueError as error:
        return SuppressionRow(line, text, None, why, fault=str(error))
