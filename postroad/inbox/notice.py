"""The words of a notice, apart from the mail that it returns below them."""

import re
from dataclasses import dataclass

from postroad.inbox.addresses import addresses_in, is_machine
from postroad.inbox.parsing import TEXT_MAX, Mail

_NOTICE_MAX = 12_000
"""Characters of a notice that are looked at."""
_LINE_MAX = 160
_RULED = re.compile(r"[-=*_#~]{2}")
_BELOW_A_RULE = re.compile(
    r"\b(?:copy of|copie d|kopie d|copia d|below this line|original|ursprüngliche|returned m|unsent|"
    r"undelivered m|rejected m|message header|mail header|message body|message text)"
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
    return Notice(text[: min(cut, _NOTICE_MAX)], text[cut:], _ours(mail))


def _cut(text: str) -> int:
    """Return where the returned mail begins; never in the first line of words."""
    place, said = 0, False
    for line in text.splitlines(keepends=True):
        if said and _begins_returned(line[:_LINE_MAX]):
            return place
        said = said or bool(line.strip())
        place += len(line)
    return place


def _begins_returned(line: str) -> bool:
    words = line.strip(" \t\r\n>")
    bare = words.strip("-=*_#~ .:")
    if _RULED.match(words):
        return _BELOW_A_RULE.search(bare) is not None
    return _BELOW.match(bare) is not None


def _ours(mail: Mail) -> frozenset[str]:
    headers = mail.headers
    named = " ".join(headers[name] for name in ("to", "from", "reply-to", "sender", "delivered-to"))
    return frozenset(address.lower() for address in addresses_in(named))
