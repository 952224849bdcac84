"""The words of a notice, apart from the mail that it returns below them."""

import re
from dataclasses import dataclass

from postroad.inbox.addresses import addresses_in, is_machine
from postroad.inbox.headers import Headers
from postroad.inbox.parsing import TEXT_MAX, Mail

_NOTICE_MAX = 12_000
"""Characters of a notice that are looked at."""
_FIRST_WORDS = 1_500
_LINE_MAX = 160
_HEADERS_LOOKED_AT = 30
_HEADER = re.compile(r"([A-Za-z][A-Za-z-]{1,40}):[ \t]")
_RULED = re.compile(r"[-=*_#~]{2}")
_BELOW_A_RULE = re.compile(
    r"\b(?:copy of|copie d|kopie d|copia d|below this line|original|ursprüngliche|returned m|"
    r"unsent|undelivered m|rejected m|message header|mail header|message body|message text)"
    r"|原|附件|コピー|исходн|оригинал",
    re.IGNORECASE,
)
"""What ruled lines say, such as `------ This is a copy of the message ------`."""
_BELOW = re.compile(
    r"(?:(?:the |your )?(?:original|returned|rejected|unsent|message) (?:e-?mail |message |mail |"
    r"text |headers? |body |as |that )*(?:follows?|is (?:attached|included|appended))"
    r"|original (?:message|mail)(?: headers?| text)?$"
    r"|(?:below is|here is|this is|attached is) (?:a |the |your )?(?:copy of|original|message h)"
    r"|message headers?$|ursprüngliche nachrichten?kopfzeilen|en-têtes du message d|"
    r"encabezados (?:de|del) mensaje original|(?:received: (?:from|by) |return-path: ?<|"
    r"x-original-to: |dkim-signature: ))",
    re.IGNORECASE,
)
"""What other lines start with, such as `Original message follows.`"""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a machine wrote to us."""

    words: str
    """Its own words."""
    returned: str
    """What follows below them: the mail that came back, or the start of it."""
    ours: frozenset[str]
    """Addresses in lower case that are ours or the machine's: never who failed."""
    named: tuple[str, ...]
    """Whom the header X-Failed-Recipients names, which Exim writes, and Gmail after it."""
    sender: str
    """The From header."""
    program: str
    """The X-Mailer header."""

    @property
    def first_words(self) -> str:
        """How it begins, in lower case with single spaces."""
        return " ".join(self.words[:_FIRST_WORDS].lower().split())

    def failed_addresses_in(self, text: str) -> list[str]:
        """Return the addresses in a text that may be who the mail did not reach."""
        return [
            address
            for address in addresses_in(text)
            if address.lower() not in self.ours and not is_machine(address)
        ]


def read_notice(mail: Mail) -> Notice:
    """Part the words of a notice from the mail below them."""
    text = mail.text[:TEXT_MAX]
    cut = _cut(text)
    return Notice(
        words=text[: min(cut, _NOTICE_MAX)],
        returned=text[cut:],
        ours=_ours(mail.headers),
        named=tuple(addresses_in(mail.headers["x-failed-recipients"])),
        sender=mail.headers["from"],
        program=mail.headers["x-mailer"],
    )


def _cut(text: str) -> int:
    """Return where the returned mail begins; never in the first line of words."""
    place, said = 0, False
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if said and (_begins_returned(line[:_LINE_MAX]) or _begins_headers(lines, number)):
            return place
        said = said or bool(line.strip())
        place += len(line)
    return place


def _begins_headers(lines: list[str], number: int) -> bool:
    """Whether a mail's headers begin here, without anything that announces them."""
    if lines[max(0, number - 1)].strip() or not _HEADER.match(lines[number]):
        return False
    names: set[str] = set()
    for line in lines[number : number + _HEADERS_LOOKED_AT]:
        found = _HEADER.match(line)
        if found:
            names.add(found[1].lower())
        elif line[:1] not in (" ", "\t"):
            break
    return "from" in names and bool(names & {"message-id", "received", "mime-version", "x-mailer"})


def _begins_returned(line: str) -> bool:
    words = line.strip(" \t\r\n>")
    bare = words.strip("-=*_#~ .:")
    if _RULED.match(words):
        return _BELOW_A_RULE.search(bare) is not None
    return _BELOW.match(bare) is not None


def _ours(headers: Headers) -> frozenset[str]:
    named = " ".join(headers[name] for name in ("to", "from", "reply-to", "sender", "delivered-to"))
    return frozenset(address.lower() for address in addresses_in(named))
