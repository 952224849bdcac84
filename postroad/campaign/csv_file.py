"""CSV as spreadsheets and exports write it: finding encoding and delimiter, reading records.

A file is read in constant memory, whatever its size and whatever is wrong with it.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Self

import charset_normalizer
from charset_normalizer import CharsetMatch

from postroad.yaml_file import FileError

_BLOCK = 1 << 16
_RECORD_MAX = 1_000_000
"""Characters in one record, however many lines it takes."""
_FIELD_MAX = 131_072
"""Characters in one field: the csv module's own limit."""
_SAMPLE_MAX = 65_536
_DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 stands before UTF-16, whose mark begins its own."""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .xls files begin."""
_WESTERN = "cp1252"
"""The commonest by far: a few names prove nothing, and then it is this one."""
_LIKELY = [_WESTERN, "cp1250", "cp1251", "cp1253", "cp932", "gb18030", "big5", "euc_kr"]
"""What spreadsheets save as "CSV" where it is not Unicode, by region."""
_CLOSE = 0.1
"""Differences in coherence (0 to 1) below this are chance."""
_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file that was looked into."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    """The first record that is not blank."""

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the records under the header with their row, as a spreadsheet numbers them.

        Blank rows are counted but not yielded.

        Raises:
            FileError: from here on the file is no text, or no CSV.
        """
        records = _records(self.path, self.encoding, self.delimiter)
        next(records, None)
        return records


def open_csv(path: Path, is_header: Callable[[list[str]], bool]) -> CsvFile:
    """Find out how a file is encoded and delimited.

    The delimiter is the one that splits the first record into a header that is accepted, so that
    no text inside quotes can mislead.

    Args:
        path: the file.
        is_header: whether these cells are the header that is wanted.

    Raises:
        FileError: the file cannot be read, is no text, or holds nothing.
    """
    encoding = _find_encoding(path)
    headers = {mark: _first_record(path, encoding, mark) for mark in _DELIMITERS}
    accepted = [mark for mark in _DELIMITERS if is_header(headers[mark])]
    delimiter = max(accepted or _DELIMITERS, key=lambda mark: len(headers[mark]))
    if not headers[delimiter]:
        raise FileError(f"{path}: is empty")
    return CsvFile(path, encoding, delimiter, tuple(headers[delimiter]))


def _find_encoding(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(4)
            if start.startswith(_WORKBOOKS):
                raise FileError(f"{path}: is an Excel workbook; save it as CSV UTF-8")
            for mark, encoding in _BYTE_ORDER_MARKS:
                if start.startswith(mark):
                    return encoding
            file.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _guess_encoding(path)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    return "utf-8"


def _guess_encoding(path: Path) -> str:
    """Guess from the lines that are not plain ASCII, wherever in the file they stand."""
    sample = bytearray()
    with path.open("rb") as file:
        while (line := file.readline(_BLOCK)) and len(sample) < _SAMPLE_MAX:
            if not line.isascii():
                sample += line[:_SAMPLE_MAX]
    matches = charset_normalizer.from_bytes(bytes(sample), cp_isolation=_LIKELY, threshold=1.0)
    best = matches.best()
    western = next((match for match in matches if _WESTERN in match.could_be_from_charset), None)
    if best is None or (western and _is_as_likely(western, best)):
        return _WESTERN
    return best.encoding


def _is_as_likely(match: CharsetMatch, best: CharsetMatch) -> bool:
    return match.chaos <= best.chaos and match.coherence >= best.coherence - _CLOSE


def _first_record(path: Path, encoding: str, delimiter: str) -> list[str]:
    return next((cells for _, cells in _records(path, encoding, delimiter)), [])


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every record that is not blank, with its row."""
    with path.open(encoding=encoding, newline="") as file:
        lines = _Lines(file, path)
        try:
            for row, cells in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
                if any(cell and not cell.isspace() for cell in cells):
                    yield row, cells
                lines.begin_record()
        except UnicodeError:
            raise FileError(
                f"{path}:{lines.number + 1}: from about here on the text is not {encoding}; "
                "save the file as CSV UTF-8"
            ) from None
        except csv.Error:
            raise FileError(
                f"{path}:{lines.record_begins}: a field is longer than {_FIELD_MAX:,} characters; "
                "perhaps a quote is opened there and never closed"
            ) from None


class _Lines:
    """Physical lines for the csv module, without Excel's `sep=` line and what no CSV holds."""

    def __init__(self, file: TextIOWrapper, path: Path) -> None:
        self._file = file
        self._path = path
        self._record_length = 0
        self.number = 0
        self.record_begins = 1

    def begin_record(self) -> None:
        """Note that the next line begins a record."""
        self.record_begins = self.number + 1
        self._record_length = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._file.readline(_RECORD_MAX + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._record_length += len(line)
        if self._record_length > _RECORD_MAX:
            raise FileError(
                f"{self._path}:{self.record_begins}: the row is longer than {_RECORD_MAX:,} "
                "characters; perhaps a quote is never closed"
            )
        if "\0" in line:
            raise FileError(
                f"{self._path}:{self.number}: holds a NUL byte; save the file as CSV UTF-8"
            )
        if self.number == 1 and _SEPARATOR_LINE.fullmatch(line):
            self.begin_record()
            return next(self)
        return line
