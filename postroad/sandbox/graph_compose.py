"""From what a Graph client posts to the mail that it means."""

import base64
import binascii
import re
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import formatdate, getaddresses, make_msgid

from postroad.sandbox.graph_errors import invalid, no_recipients
from postroad.sandbox.graph_resources import Json, header_of, parsed

_RECIPIENTS = {"toRecipients": "To", "ccRecipients": "Cc", "bccRecipients": "Bcc"}
_UNPRINTABLE = re.compile(r"[\r\n\x00]")


def from_mime(content: bytes, sender: str) -> bytes:
    """Return the mail that was given as MIME in base64.

    Raises:
        GraphRefusal: it is none.
    """
    try:
        mail = base64.b64decode(content, validate=True)
    except binascii.Error:
        words = "Invalid base64 string for MIME content."
        raise invalid(words, "ErrorMimeContentInvalidBase64String") from None
    if b":" not in mail.partition(b"\n")[0]:
        raise invalid("The MIME content is invalid.", "ErrorMimeContentInvalid")
    return _completed(mail, sender)


def from_json(given: Json, sender: str) -> bytes:
    """Return the mail that was given as a message resource.

    Raises:
        GraphRefusal: it cannot be understood.
    """
    try:
        return bytes(_composed(given, sender))
    except (AttributeError, KeyError, LookupError, TypeError, ValueError):
        raise invalid("Unable to read JSON request payload.") from None


def with_attachment(content: bytes, about: Json, file: bytes) -> bytes:
    """Return a mail with one more attachment."""
    mail = parsed(content)
    kind, _, subtype = str(about.get("contentType") or "application/octet-stream").partition("/")
    content_id = about.get("contentId")
    mail.add_attachment(
        file,
        maintype=kind,
        subtype=subtype or "octet-stream",
        filename=str(about.get("name") or "attachment"),
        disposition="inline" if about.get("isInline") else "attachment",
        cid=f"<{content_id}>" if content_id else None,
    )
    return bytes(mail)


def recipients_of(content: bytes) -> list[str]:
    """Return everybody a mail is for.

    Raises:
        GraphRefusal: it is for nobody, or for something that is no address.
    """
    headers: Message = parsed(content)
    fields = [str(value) for name in _RECIPIENTS.values() for value in headers.get_all(name, [])]
    found = [address for _, address in getaddresses(fields)]
    if not found or not all("@" in address for address in found):
        raise no_recipients()
    return found


def _composed(given: Json, sender: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(given["from"]) if given.get("from") else sender
    for field, name in _RECIPIENTS.items():
        if people := given.get(field):
            mail[name] = [_address(person) for person in people]
    if people := given.get("replyTo"):
        mail["Reply-To"] = [_address(person) for person in people]
    mail["Subject"] = _UNPRINTABLE.sub(" ", str(given.get("subject") or ""))
    mail["Date"] = formatdate()
    mail["Message-ID"] = given.get("internetMessageId") or make_msgid(domain="graph.sandbox.test")
    for header in given.get("internetMessageHeaders") or ():
        if not str(header["name"]).lower().startswith("x-"):
            words = f"The internet message header name '{header['name']}' should start with 'x-'."
            raise invalid(words, "InvalidInternetMessageHeader")
        mail[header["name"]] = header["value"]
    for found in given.get("singleValueExtendedProperties") or ():
        if name := header_of(str(found["id"])):
            mail[name] = found["value"]
    body = given.get("body") or {}
    subtype = "html" if str(body.get("contentType", "text")).lower() == "html" else "plain"
    mail.set_content(str(body.get("content", "")), subtype=subtype)
    for attachment in given.get("attachments") or ():
        mail = parsed(with_attachment(bytes(mail), attachment, file_of(attachment)))
    return mail


def file_of(attachment: Json) -> bytes:
    """Return the bytes of an attachment that was given as JSON."""
    return base64.b64decode(attachment["contentBytes"])


def _address(person: Json) -> Address:
    given = person["emailAddress"]
    return Address(display_name=str(given.get("name") or ""), addr_spec=str(given["address"]))


def _completed(mail: bytes, sender: str) -> bytes:
    """Add what Exchange adds to a mail that lacks it."""
    headers = parsed(mail)
    missing = {
        "From": sender, "Date": formatdate(), "Message-ID": make_msgid(domain="graph.sandbox.test"),
    }  # fmt: skip
    added = [f"{name}: {value}\r\n" for name, value in missing.items() if name not in headers]
    return "".join(added).encode() + mail
