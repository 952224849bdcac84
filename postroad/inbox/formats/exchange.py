"""Exchange from 5.5 to Online: words for people first, then a section for administrators."""

import re

from postroad.inbox.addresses import BARE_ADDRESS
from postroad.inbox.formats.paragraphs import by_lines, paragraphs
from postroad.inbox.notice import Notice
from postroad.inbox.recipient_report import RecipientReport

_FOR_ADMINISTRATORS = re.compile(
    r"^.{0,60}(?:generating server|remote server returned|bereitstellender server|"
    r"generierender server|serveur de génération|serveur émetteur|"
    r"servidor (?:de origen|que generó)|servidor generador|servidor de gera|"
    r"server di generazione|server che ha generato|"
    r"gegenereerde server|bronserver|生成サーバー|正在生成服务器|生成服务器|"
    r"формирующий сервер|создающий сервер|serwer generujący)[^\n]{0,200}$",
    re.IGNORECASE | re.MULTILINE,
)
_DID_NOT_REACH = re.compile(
    r"did not reach the following recipient|(?:konnte|wurde).{0,60}(?:folgende[nr]? empfänger)"
    r"|n'a pas (?:été remis|atteint)|no (?:llegó|se pudo entregar)",
    re.IGNORECASE,
)
_X400 = re.compile(rf"(?:smtp|rfc-?822)(?:=|\(a\)|:)({BARE_ADDRESS})", re.IGNORECASE)
"""X.400 addresses of the connectors of Exchange 5.5: `c=US;a= ;p=X;dda:SMTP=user@example.com`."""


def read(notice: Notice) -> list[RecipientReport]:
    """Return whom an Exchange notice names: what it tells administrators goes first."""
    section = _FOR_ADMINISTRATORS.search(notice.words)
    if section and (found := paragraphs(notice.words[section.end() :], notice)):
        return found
    reached = _DID_NOT_REACH.search(notice.words)
    if reached is None:
        return []
    below = notice.words[reached.end() :]
    return _x400(below) or paragraphs(below, notice)


def _x400(text: str) -> list[RecipientReport]:
    def chosen(line: str) -> str | None:
        found = _X400.search(line[:500])
        return found[1] if found else None

    return by_lines(text.splitlines(), chosen)
