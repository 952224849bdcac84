"""From a Message element to the mail that it stands for."""

import base64
import binascii
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from postroad.sandbox.ews_soap import PREFIXES, Element, EwsRefusal, text
from postroad.sandbox.mailboxes import Mailbox

_RECIPIENTS = {"To": "t:ToRecipients", "Cc": "t:CcRecipients", "Bcc": "t:BccRecipients"}


def composed(message: Element, owner: Mailbox) -> bytes:
    """Return the mail: its MIME content where it has any, else what its properties say.

    Raises:
        EwsRefusal: the MIME content is none.
    """
    mime = text(message, "t:MimeContent")
    if not mime:
        return _from_properties(message, owner)
    try:
        return base64.b64decode(mime, validate=False)
    except binascii.Error:
        words = "The MIME content was invalid."
        raise EwsRefusal("ErrorMimeContentInvalidBase64String", words) from None


def _from_properties(message: Element, owner: Mailbox) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = text(message, "t:From/t:Mailbox/t:EmailAddress") or owner.address
    for name, path in _RECIPIENTS.items():
        found = message.findall(f"{path}/t:Mailbox/t:EmailAddress", PREFIXES)
        if found:
            mail[name] = ", ".join((one.text or "").strip() for one in found)
    mail["Subject"] = text(message, "t:Subject")
    mail["Date"] = formatdate()
    mail["Message-ID"] = text(message, "t:InternetMessageId") or make_msgid(domain="sandbox.test")
    for prop in message.findall("t:ExtendedProperty", PREFIXES):
        uri = prop.find("t:ExtendedFieldURI", PREFIXES)
        if uri is not None and uri.get("DistinguishedPropertySetId") == "InternetHeaders":
            mail[uri.get("PropertyName", "")] = text(prop, "t:Value")
    body = message.find("t:Body", PREFIXES)
    is_html = body is not None and body.get("BodyType") == "HTML"
    mail.set_content(text(message, "t:Body"), subtype="html" if is_html else "plain")
    return bytes(mail)
