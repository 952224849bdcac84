"""Printing for people and for programs, the same in every command.

Everything that comes from users, mails and providers is printed without its control characters:
nothing in a name or an answer can move the cursor or colour the terminal.
"""

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from rich.text import Text

_SPACES = str.maketrans("\n\r\t", "   ")
_ANYTHING: TypeAdapter[object] = TypeAdapter(object)


def plain(text: str) -> str:
    """Return a text on one line, without characters that would steer the terminal."""
    return "".join(char for char in text.translate(_SPACES) if _is_shown(char))


def say(sentence: str) -> None:
    """Print one line on stdout."""
    typer.echo(plain(sentence))


def complain(sentence: str) -> None:
    """Print one line on stderr."""
    typer.echo(plain(sentence), err=True)


def on_terminal() -> bool:
    """Whether somebody is watching stdout."""
    return sys.stdout.isatty()


def print_json(value: object) -> None:
    """Print one JSON document, with indents; models and times in their JSON form."""
    typer.echo(_ANYTHING.dump_json(value, indent=2).decode())


def print_json_line(value: object) -> None:
    """Print one JSON document on a line of its own."""
    typer.echo(_ANYTHING.dump_json(value).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: drawn on a terminal, a line per row with tabs between elsewhere.

    Elsewhere rows are printed as they come, so that there may be any number of them.
    """
    if not on_terminal():
        for row in chain([columns], rows):
            typer.echo("\t".join(plain(cell) for cell in row))
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console().print(table)


def _is_shown(char: str) -> bool:
    # Cc: control; Cf: format, among them those that reorder text; Co, Cn, Cs: nothing to show.
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
