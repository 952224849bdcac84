"""Reading a block of headers (RFC 5322), and the words encoded in them (RFC 2047)."""

import binascii
import re
from collections.abc import Iterable

from postroad.inbox.charsets import decode

_LINES_MAX = 1_000
_VALUE_MAX = 4_000
"""Characters of a value that are kept; nothing we look for is longer."""

_FIELD = re.compile(rb"([!-9;-~]{1,80})[ \t]*:[ \t]*(.*)", re.DOTALL)
_LOST_PARAMETER = re.compile(rb"(?:boundary|charset|report-type|name|type)=", re.IGNORECASE)
"""A folded line whose leading space was lost on the way."""
_ENCODED_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{1,20})?\?([bBqQ])\?([^?\s]{0,1000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]{1,20}(?==\?)")
_PARAMETER = re.compile(
    r";\s{0,40}([\w*-]{1,40})\s{0,10}=\s{0,10}(?:\"((?:[^\"\\]|\\.){0,400})\"|([^\s;\"]{1,400}))"
)


class Headers:
    """Header fields by lower-case name, the first of each; a missing one reads as empty."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            self._fields.setdefault(name, value)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __getitem__(self, name: str) -> str:
        return self._fields.get(name, "")

    def words(self, name: str) -> str:
        """Return a value with its encoded words decoded."""
        return decode_words(self[name])

    def token(self, name: str) -> str:
        """Return what stands before the first semicolon, comment or space, in lower case."""
        return re.split(r"[;\s(]", self[name].strip(), maxsplit=1)[0].lower()

    def parameter(self, name: str, parameter: str) -> str:
        """Return a parameter of a MIME field, such as the charset of Content-Type."""
        for key, quoted, bare in _PARAMETER.findall(self[name]):
            if key.lower().rstrip("*") == parameter:
                return str(quoted or bare)
        return ""


def parse_headers(block: bytes) -> Headers:
    """Read a block of header lines; lines that are none are passed over."""
    return Headers(_fields(block))


def decode_words(value: str) -> str:
    """Return a header value as people read it."""
    if "=?" not in value:
        return value
    return _ENCODED_WORD.sub(_decode_word, _BETWEEN_WORDS.sub(r"\1", value))


def _fields(block: bytes) -> Iterable[tuple[str, str]]:
    name, value = "", b""
    for count, line in enumerate(block.splitlines()):
        if count > _LINES_MAX:
            break
        if line[:1] in (b" ", b"\t") or (value.endswith(b";") and _LOST_PARAMETER.match(line)):
            value = (value + b" " + line.strip())[:_VALUE_MAX]
        elif found := _FIELD.match(line[: _VALUE_MAX + 80]):
            if name:
                yield name, decode(value)
            name, value = found[1].decode("ascii").lower(), found[2].strip()
    if name:
        yield name, decode(value)


def _decode_word(word: re.Match[str]) -> str:
    charset, encoding, content = word.groups()
    raw = content.encode("utf-8", "replace")
    try:
        if encoding in "bB":
            return decode(binascii.a2b_base64(raw + b"=" * (-len(raw) % 4)), charset)
        return decode(binascii.a2b_qp(raw, header=True), charset)
    except binascii.Error:
        return content
