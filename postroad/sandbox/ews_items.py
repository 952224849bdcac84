"""Mails as Exchange Web Services describe them: as much of each as the request's shape names."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses

from postroad.sandbox.ews_folders import children, item_id
from postroad.sandbox.ews_soap import PREFIXES, Element, T, text
from postroad.sandbox.mailboxes import Mailbox, StoredMail

SEARCH_KEY = "0x300b"
"""PidTagSearchKey (MS-OXPROPS 2.1003)."""
_HEADERS_SET = ("InternetHeaders", "00020386-0000-0000-c000-000000000046")
_PARSER = BytesParser()


def _at(mail: StoredMail) -> str:
    at = datetime.fromtimestamp(mail.at / 1_000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _from(mail: StoredMail) -> Element:
    [(name, address), *_] = getaddresses([mail.header("From")]) or [("", "")]
    return T.Mailbox(T.Name(name or address), T.EmailAddress(address), T.RoutingType("SMTP"))


def _body(mail: StoredMail) -> Element:
    parsed = _PARSER.parsebytes(mail.content)
    for kind, name in (("text/html", "HTML"), ("text/plain", "Text")):
        for part in parsed.walk():
            if part.get_content_type() == kind:
                return T.Body(_content(part), BodyType=name)
    return T.Body(BodyType="Text")


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    return "".join(c for c in content.decode(errors="replace") if c.isprintable() or c in "\t\n")


VALUES: dict[str, Callable[[StoredMail], str]] = {
    "item:Subject": lambda mail: mail.header("Subject"),
    "item:DateTimeReceived": _at,
    "item:Size": lambda mail: str(len(mail.content)),
    "item:DateTimeSent": _at,
    "item:DateTimeCreated": _at,
    "item:IsDraft": lambda mail: str(mail.folder == "drafts").lower(),
    "message:InternetMessageId": lambda mail: mail.header("Message-ID"),
    "message:References": lambda mail: mail.header("References"),
    "message:IsRead": lambda mail: str(mail.is_read).lower(),
}
"""Field URI → value; they are answered in this order."""
_ELEMENTS: dict[str, Callable[[StoredMail], Element]] = {
    "item:Body": _body,
    "message:From": lambda mail: T.From(_from(mail)),
    "message:Sender": lambda mail: T.Sender(_from(mail)),
}
_CONTENT = "item:MimeContent"
_DEFAULT = ("item:Subject", "item:Size", "item:DateTimeSent", "item:DateTimeCreated")


def described(mailbox: Mailbox, mail: StoredMail, shape: Element) -> Element:
    """Return a mail in the shape that a request names."""
    found = T.Message()
    named = _named(shape)
    if _CONTENT in named or text(shape, "t:IncludeMimeContent") == "true":
        content = base64.b64encode(mail.content).decode()
        found.append(T.MimeContent(content, CharacterSet="UTF-8"))
    found.append(item_id(mailbox, mail))
    for uri in named:
        if uri in VALUES:
            found.append(T(uri.partition(":")[2], VALUES[uri](mail)))
        elif uri in _ELEMENTS:
            found.append(_ELEMENTS[uri](mail))
    for uri in shape.findall("t:AdditionalProperties/t:ExtendedFieldURI", PREFIXES):
        value = extended(mail, uri)
        if value:
            found.append(T.ExtendedProperty(T.ExtendedFieldURI(**uri.attrib), T.Value(value)))
    return found


def extended(mail: StoredMail, uri: Element) -> str:
    """Return the value of an extended property; empty where a mail has none."""
    if uri.get("PropertyTag", "").lower() == SEARCH_KEY:
        return base64.b64encode(mail.id.encode()).decode()
    found_in = uri.get("DistinguishedPropertySetId") or uri.get("PropertySetId", "").lower()
    if found_in in _HEADERS_SET:
        return mail.header(uri.get("PropertyName", ""))
    return ""


def _named(shape: Element) -> list[str]:
    """Return the field URIs of a shape, in the order of the schema."""
    known = [_CONTENT, *VALUES, *_ELEMENTS]
    if text(shape, "t:BaseShape") == "AllProperties":
        return known[1:]
    wanted = {one.get("FieldURI") for one in children(shape, "t:AdditionalProperties")}
    if text(shape, "t:BaseShape") == "Default":
        wanted |= set(_DEFAULT)
    return [uri for uri in known if uri in wanted]
