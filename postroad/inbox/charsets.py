"""From bytes to text, whatever charset a mail claims."""

import codecs
import re

_STATEFUL_JAPANESE = re.compile(rb"\x1b(\$[@B]|\([BJ])")
_NAME_MAX = 40
_NOT_FOR_MAIL = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-16", "utf-32"}
)
"""Codecs of Python that no mail means, or whose cost grows faster than the text."""
_OTHER_NAMES = {
    "unicode-1-1-utf-7": "utf-7",  # Hotmail's notices
    "x-unknown": "us-ascii",
    "gb2312": "gb18030",  # which holds gb2312 and what people write instead of it
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "iso-8859-1": "cp1252",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
}


def decode(content: bytes, charset: str = "") -> str:
    """Return the text that bytes stand for; what fits no charset becomes U+FFFD."""
    claimed = charset.strip().strip("\"'").lower()[:_NAME_MAX]
    if _STATEFUL_JAPANESE.search(content) and "2022" not in claimed:
        claimed = "iso-2022-jp"
    if content.isascii() and claimed in ("", "us-ascii", "utf-8", "iso-8859-1"):
        return content.decode("ascii")
    codec = _codec(claimed)
    if codec in ("ascii", ""):
        return _undeclared(content)
    try:  # utf-7 lets halves of characters pass, which nothing can store
        text = content.decode(codec, "replace")
        return text.encode(errors="replace").decode() if codec == "utf-7" else text
    except (LookupError, ValueError):
        return _undeclared(content)


def _codec(claimed: str) -> str:
    if not claimed:
        return ""
    try:
        name = codecs.lookup(_OTHER_NAMES.get(claimed, claimed)).name
    except (LookupError, ValueError):
        return ""
    return "" if name.replace("_", "-") in {n.replace("_", "-") for n in _NOT_FOR_MAIL} else name


def _undeclared(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
