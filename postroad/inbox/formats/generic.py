"""Whatever else calls itself a notice: from what names a recipient for sure to what may."""

import re

from postroad.inbox.addresses import ADDRESS, addresses_in
from postroad.inbox.formats.paragraphs import by_lines, paragraphs
from postroad.inbox.notice import Notice
from postroad.inbox.parsing import Mail
from postroad.inbox.recipient_report import RecipientReport, explanation

_ANYBODY_MAX = 3
"""More addresses than this, named anyhow, are no list of recipients."""
_FIELD = re.compile(
    r"[ \t]{0,20}(?:[-*] )?(?:(?:original|failed|final|bad|intended|invalid)?[ -]?(?:recipients?|rcpt|address|"
    r"addressee|user|to|mailbox|e-?mail)(?: address(?:es)?)?|addressed to|rcpt to|sent to|empfänger|"
    r"destinataires?|destinatarios?|destinatari|ontvanger|odbiorca|получатель|адресат|кому|宛先|收件人|alıcı)"
    rf"[ \t]{{0,20}}[:：][ \t]{{0,40}}(?:rfc822;[ \t]{{0,9}})?<?({ADDRESS})",
    re.IGNORECASE,
)
_NEAR = re.compile(
    r"(?:deliver\w*|sent|send|undeliverable|reach|rejected|failed|fail|error|unknown|full|bounced?|"
    rf"rcpt to|recipients?|user|mailbox|message|mail)\b[^@\n]{{0,80}}?[ :<\"'(]({ADDRESS})",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"contact|assistance|question|\bhelp|forward|kontakt|support\b|please (?:e-?mail|write|send)",
    re.IGNORECASE,
)


def read(mail: Mail, notice: Notice) -> list[RecipientReport]:
    """Return whom a notice of no known family may be about."""
    named = [
        address
        for address in addresses_in(mail.headers["x-failed-recipients"])
        if address.lower() not in notice.ours or len(notice.ours) > 1
    ]
    if named:
        words = explanation(notice.words)
        return [RecipientReport(address, words) for address in named]
    return (
        _fields(notice)
        or paragraphs(notice.words, notice)
        or _sentences(notice)
        or _anybody(notice)
    )


def _fields(notice: Notice) -> list[RecipientReport]:
    def chosen(line: str) -> str | None:
        found = _FIELD.match(line[:500])
        return next(iter(notice.failed_addresses_in(found[1])), None) if found else None

    return by_lines(notice.words.splitlines(), chosen)


def _sentences(notice: Notice) -> list[RecipientReport]:
    def chosen(line: str) -> str | None:
        found = None if _CONTACT.search(line[:500]) else _NEAR.search(line[:500])
        return next(iter(notice.failed_addresses_in(found[1])), None) if found else None

    return by_lines(notice.words.splitlines(), chosen)


def _anybody(notice: Notice) -> list[RecipientReport]:
    found = notice.failed_addresses_in(_without_contacts(notice.words))
    people = list({address.lower(): address for address in found}.values())
    if len(people) > _ANYBODY_MAX:
        return []
    words = explanation(notice.words)
    return [RecipientReport(address, words) for address in people]


def _without_contacts(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not _CONTACT.search(line[:500]))
