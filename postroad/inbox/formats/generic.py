"""Whatever else calls itself a notice: from what names a recipient for sure to what may."""

import re
from collections.abc import Callable

from postroad.inbox.addresses import ADDRESS
from postroad.inbox.formats.paragraphs import by_lines, paragraphs
from postroad.inbox.notice import Notice
from postroad.inbox.recipient_report import RecipientReport, explanation

_ANYBODY_MAX = 3
"""More addresses than this, named anyhow, are no list of recipients."""
_LINE_MAX = 500
_HELD = rf"[<\[\"']?(?:smtp:)?({ADDRESS})"

_RECIPIENT_FIELD = re.compile(
    r"[ \t]{0,20}(?:[-*] )?(?:"
    r"(?:original|failed|final|bad|intended|invalid|undeliverable)?[ -]?"
    r"(?:recipients?|rcpt|address|addressee|mailbox)(?: address(?:es)?)?|"
    r"addressed to|rcpt to|sent to|error-for|user|e-?mail|"
    r"empfänger|destinataires?|destinatarios?|destinatari|ontvanger|odbiorca|получатель|адресат|кому|"
    rf"宛先|收件人|alıcı)[ \t]{{0,20}}[:：][ \t]{{0,40}}(?:rfc822;[ \t]{{0,9}})?{_HELD}",
    re.IGNORECASE,
)
_TO_FIELD = re.compile(
    rf"[ \t]{{0,20}}(?:to|an|à|para|per|aan|do|till)[ \t]{{0,20}}:[ \t]{{0,40}}{_HELD}",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?:deliver\w*|sent|send|undeliverable|reach|rejected|failed|fail|error|unknown|full|bounced?|"
    r"rcpt to|recipients?|user|userid|mailbox|message|mail|to|for|address)\b[^@\n]{0,80}?"
    rf"(?<=[ :<\[\"'(=]){_HELD}",
    re.IGNORECASE,
)
_OTHER_FIELD = re.compile(
    r"\s{0,40}(?:from|reply-to|sender|cc|bcc|message-id|return-path|mail from|subject|errors-to|"
    r"date|von|de|da|received|reporting-mta|x-[\w-]{1,40})[ \t]{0,10}:",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"contact|assistance|question|\bhelp|forward|kontakt|support\b|please (?:e-?mail|write|send)|"
    r"notify|inform|report",
    re.IGNORECASE,
)


def read(notice: Notice) -> list[RecipientReport]:
    """Return whom a notice of no known family may be about."""
    if notice.named:
        words = explanation(notice.words)
        return [RecipientReport(address, words) for address in notice.named]
    lines = [line for line in notice.words.splitlines() if not _OTHER_FIELD.match(line[:_LINE_MAX])]
    return (
        _begun_by(_RECIPIENT_FIELD.match, lines, notice)
        or paragraphs("\n".join(lines), notice)
        or _begun_by(_SENTENCE.search, _without_contacts(lines), notice)
        or _begun_by(_TO_FIELD.match, lines, notice)
        or _anybody(_without_contacts(lines), notice)
    )


def _begun_by(
    find: Callable[[str], re.Match[str] | None], lines: list[str], notice: Notice
) -> list[RecipientReport]:
    """Cut lines into reports where a pattern finds an address in its first group."""

    def chosen(line: str) -> str | None:
        found = find(line[:_LINE_MAX])
        return next(iter(notice.failed_addresses_in(found[1])), None) if found else None

    return by_lines(lines, chosen)


def _anybody(lines: list[str], notice: Notice) -> list[RecipientReport]:
    found = notice.failed_addresses_in("\n".join(lines))
    people = list({address.lower(): address for address in found}.values())
    if len(people) > _ANYBODY_MAX:
        return []
    words = explanation(notice.words)
    return [RecipientReport(address, words) for address in people]


def _without_contacts(lines: list[str]) -> list[str]:
    return [line for line in lines if not _CONTACT.search(line[:_LINE_MAX])]
