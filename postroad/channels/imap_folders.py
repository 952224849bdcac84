"""What an IMAP server says of its folders (RFC 9051, 7.3.1 and 7.3.4).

A folder is called here as it is on the wire, whatever its characters: only that surely opens it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imap_tools.imap_utf7 import utf7_decode, utf7_encode

_PASSED_OVER = frozenset({"\\sent", "\\drafts", "\\noselect", "\\nonexistent"})
"""RFC 6154, 2, and RFC 9051, 7.3.1. Trash and junk are read: to delete an answer hides nothing."""
_LISTED = re.compile(rb'\(([^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (.+)', re.DOTALL)
_STATUS = re.compile(rb"(.+) \(([^()]*)\)\s*", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)")
_SPECIAL = re.compile(rb'["\\]')
_WIRE = "latin-1"
"""Every byte is a character of its own."""

Answers = Sequence[bytes | tuple[bytes, bytes] | None]
"""What imaplib makes of untagged answers: a tuple is a line and the literal that ends it."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a folder stands."""

    validity: int
    """UIDVALIDITY: with another one, UIDs mean other mails (RFC 9051, 2.3.1.1)."""
    next_uid: int
    """Every mail that comes from now on has this UID or a higher one."""


def lines(answers: Answers) -> Iterator[tuple[bytes, bytes]]:
    """Yield each answer's line, and its literal where it has one; a line may go on behind it."""
    line, literal = b"", b""
    for part in answers:
        if isinstance(part, tuple):
            line, literal = part
        elif part is not None:
            yield line + part, literal
            line, literal = b"", b""


def folders_in(answers: Answers) -> list[str]:
    """Return the folders in answers to LIST that mail comes to."""
    found = ((_LISTED.fullmatch(line), literal) for line, literal in lines(answers))
    return [
        _name(listed[2], literal)
        for listed, literal in found
        if listed is not None and not _PASSED_OVER & _flags(listed[1])
    ]


def positions_in(answers: Answers) -> dict[str, Position]:
    """Return where folders stand, by answers to STATUS or to LIST that asked for it (RFC 5819).

    Raises:
        LookupError, ValueError: they do not tell.
    """
    found = ((_STATUS.fullmatch(line), literal) for line, literal in lines(answers))
    return {
        _name(status[1], literal): _position(status[2].split())
        for status, literal in found
        if status is not None
    }


def wire_name(name: str) -> str:
    """Return a folder's name as it is on the wire: in modified UTF-7 (RFC 9051, appendix A.1)."""
    return utf7_encode(name).decode("ascii")


def shown_name(folder: str) -> str:
    """Return a folder's name as people know it."""
    try:
        return utf7_decode(folder.encode(_WIRE))
    except ValueError:
        return folder


def quoted(folder: str) -> bytes:
    """Return a folder as a command names it."""
    return b'"' + _SPECIAL.sub(rb"\\\g<0>", folder.encode(_WIRE)) + b'"'


def _position(items: Sequence[bytes]) -> Position:
    values = dict(zip(items[::2], items[1::2], strict=True))
    return Position(int(values[b"UIDVALIDITY"]), int(values[b"UIDNEXT"]))


def _flags(written: bytes) -> set[str]:
    return set(written.decode(_WIRE).lower().split())


def _name(written: bytes, literal: bytes) -> str:
    """Return a folder's name, which comes as an atom, in quotes, or as a literal."""
    if written.startswith(b'"'):
        return _ESCAPED.sub(rb"\1", written[1:-1]).decode(_WIRE)
    return (literal or written).decode(_WIRE)
