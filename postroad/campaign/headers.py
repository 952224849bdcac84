"""Header fields of a mail, encoded for the wire (RFC 5322, RFC 2047, RFC 6532).

No value can end its header or begin another: in what people read, control characters become
spaces; in what machines read (addresses, ids, links), they are refused.
"""

import binascii
import re
from collections.abc import Sequence

from postroad.campaign.address import parse_domain
from postroad.campaign.template import TextError

CRLF = "\r\n"

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

_LINE = 76
"""Characters a line should have: 78 (RFC 5322, 2.1.1), with encoded words 76 (RFC 2047, 2)."""
_LONGEST_TOKEN = 900
"""Characters of an id or a link: it cannot be folded, and no line may have more than 998."""
_WORD_BYTES = 39
"""Bytes in one encoded word: in base64 and after `Reply-To: ` they fill a line (RFC 2047, 2)."""

_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_LINK = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]+")
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]+>")
_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_ATOM = r"[^\x00-\x20\"(),.:;<>@\[\\\]\x7f-\xa0\u2028\u2029\ud800-\udfff]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_NO_ATOM = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~-]")


class HeaderError(TextError):
    """A value that no header can carry."""


def text_header(name: str, value: str) -> str:
    """Return a header that people read, folded where it is long."""
    value = printable(value)
    return (_folded(name, value) if _is_plain(value) else _encoded(name, value)) + CRLF


def token_header(name: str, value: str) -> str:
    """Return a header with an id or a link, on one line: some readers lose a folded one.

    Raises:
        HeaderError: the value has spaces, control or non-ASCII characters, or is too long.
    """
    if len(value) > _LONGEST_TOKEN or not _TOKEN.fullmatch(value):
        raise HeaderError(f"{name} cannot be {value[:80]!r}")
    return f"{name}: {value}{CRLF}"


def link_list(name: str, links: Sequence[str]) -> str:
    """Return a header with links, one a line (RFC 2369, 2).

    Raises:
        HeaderError: one of them has spaces, control or non-ASCII characters, or is too long.
    """
    for link in links:
        if len(link) > _LONGEST_TOKEN or not _LINK.fullmatch(link):
            raise HeaderError(f"{name} cannot be {link[:80]!r}")
    return f"{name}: {f',{CRLF} '.join(f'<{link}>' for link in links)}{CRLF}"


def message_id_list(name: str, ids: Sequence[str]) -> str:
    """Return a header with Message-IDs, one a line."""
    return f"{name}: {f'{CRLF} '.join(ids)}{CRLF}"


def usable_message_ids(ids: Sequence[str]) -> list[str]:
    """Return those that a header can carry: providers give mails ids of their own."""
    return [one for one in ids if len(one) <= _LONGEST_TOKEN and _MESSAGE_ID.fullmatch(one)]


def address_header(header: str, name: str, address: str) -> str:
    """Return a header with one address; a non-ASCII local part stays as it is (RFC 6532).

    Raises:
        HeaderError: it is no single bare address.
    """
    address = _checked_address(header, address)
    name = printable(name)
    if not name:
        return f"{header}: {address}{CRLF}"
    if not _is_plain(name):
        start = _encoded(header, name)
    else:
        start = (_folded if _PHRASE.fullmatch(name) else _quoted)(header, name)
    last_line = len(start) - start.rfind("\n") - 1
    space = " " if last_line + len(address) + 3 <= _LINE else f"{CRLF} "
    return f"{start}{space}<{address}>{CRLF}"


def message_id_for(key: str, domain: str) -> str:
    """Return the Message-ID of a message: the same on every attempt, valid in any mail."""
    local = ".".join(_NO_ATOM.sub("-", part) or "-" for part in key.split("/"))
    return f"<{local}@{_ascii_domain(domain)}>"


def reply_subject(first: str) -> str:
    """Return the subject of a reply: `Re:` is not put before a `Re:`."""
    return first if first[:3].lower() == "re:" else f"Re: {first}"


def printable(value: str) -> str:
    """Return a value on one line, control characters turned into spaces."""
    return CONTROL.sub(" ", value).strip() if not value.isprintable() else value.strip()


def _is_plain(value: str) -> bool:
    """Whether a value may stand in a header as it is; `=?` would be read as an encoded word."""
    return _PRINTABLE.fullmatch(value) is not None and "=?" not in value


def _folded(name: str, value: str) -> str:
    """Break a value before spaces; where it has none, it becomes encoded words."""
    line = f"{name}: {value}"
    if len(line) <= _LINE:
        return line
    lines = [f"{name}:"]
    for word in re.findall(" +[^ ]+", f" {value}"):
        if len(word) > _LINE:
            return _encoded(name, value)
        if len(lines[-1]) + len(word) <= _LINE:
            lines[-1] += word
        else:
            lines.append(word)
    return CRLF.join(lines)


def _quoted(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    line = f'{name}: "{escaped}"'
    return line if len(line) <= _LINE else _encoded(name, value)


def _encoded(name: str, value: str) -> str:
    """Write a value in base64 words of whole characters, one a line (RFC 2047, 5)."""
    content = value.encode("utf-8", "replace")
    words: list[str] = []
    start = 0
    while start < len(content):
        end = start + _WORD_BYTES
        while end < len(content) and content[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        word = binascii.b2a_base64(content[start:end], newline=False).decode("ascii")
        words.append(f"=?utf-8?b?{word}?=")
        start = end
    return f"{name}: {f'{CRLF} '.join(words)}"


def _checked_address(header: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    if len(address) > _LONGEST_TOKEN or not _LOCAL.fullmatch(local):
        raise HeaderError(f"{header} cannot be {address[:80]!r}")
    return f"{local}@{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    """Return a domain in punycode (IDNA 2008), as it is where it already is ASCII."""
    if _DOMAIN.fullmatch(domain):
        return domain
    try:
        return parse_domain(domain)
    except ValueError as error:
        raise HeaderError(f"{domain[:80]!r} is no domain: {error}") from None
