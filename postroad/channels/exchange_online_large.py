"""Messages above what one request holds: a draft in JSON, and its attachments beside it.

learn.microsoft.com/graph/outlook-large-attachments: up to 3 MB in one request, more by an upload
session. What JSON has no field for, threading above all, goes by MAPI property.
"""

import base64
from contextlib import suppress
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import getaddresses

from postroad.channels.base import ChannelError, MessageRefused, OutgoingMessage
from postroad.channels.exchange_online_api import INTERNET_HEADERS, Ask, GraphApi, Json, in_path

_LARGEST_IN_JSON = 2_250_000
"""Encoded it has 3 MB."""
_PART = 3_276_800
"""A multiple of 320 KiB, below 4 MB."""
_LARGEST_ATTACHMENT = 150 * 1024 * 1024
_RECIPIENTS = {"To": "toRecipients", "Cc": "ccRecipients", "Bcc": "bccRecipients"}
_PROPERTIES = {"In-Reply-To": "String 0x1042", "References": "String 0x1039"}
"""PidTagInReplyToId and PidTagInternetReferences ([MS-OXPROPS])."""
_OWN_FIELDS = frozenset({
    "from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id",
    "mime-version",
})  # fmt: skip


async def create_large_draft(api: GraphApi, message: OutgoingMessage) -> Json:
    """Return a draft that was made piece by piece; a half-made one is deleted.

    Raises:
        ChannelError: nothing left.
    """
    mail = BytesParser(policy=SMTP).parsebytes(message.content)
    draft = await api.answer(Ask("POST", "/messages", body=_draft(mail)))
    try:
        for attachment in _attachments(mail):
            await _attach(api, str(draft["id"]), attachment)
    except ChannelError:
        with suppress(ChannelError):
            await api.remove(str(draft["id"]))
        raise
    return draft


def _draft(mail: EmailMessage) -> Json:
    body = mail.get_body(("html", "plain"))
    found: Json = {
        "subject": str(mail.get("Subject", "")),
        "internetMessageId": str(mail.get("Message-ID", "")).strip(),
        "singleValueExtendedProperties": _properties(mail),
        "replyTo": _people(mail, "Reply-To"),
    }
    for name, field in _RECIPIENTS.items():
        found[field] = _people(mail, name)
    if sender := _people(mail, "From"):
        found["from"] = sender[0]
    if body is not None:
        kind = "html" if body.get_content_subtype() == "html" else "text"
        found["body"] = {"contentType": kind, "content": body.get_content()}
    return found


def _people(mail: Message, name: str) -> list[Json]:
    fields = [str(value) for value in mail.get_all(name, [])]
    return [
        {"emailAddress": {"name": person or address, "address": address}}
        for person, address in getaddresses(fields)
    ]


def _properties(mail: Message) -> list[Json]:
    """Return every header that JSON has no field for, as a property of its own."""
    return [
        {"id": _property(name), "value": " ".join(str(value).split())}
        for name, value in mail.items()
        if name.lower() not in _OWN_FIELDS and not name.lower().startswith("content-")
    ]


def _property(name: str) -> str:
    by_name = {known.lower(): number for known, number in _PROPERTIES.items()}
    return by_name.get(name.lower(), f"String {INTERNET_HEADERS} Name {name}")


def _attachments(mail: EmailMessage) -> list[EmailMessage]:
    """Return every part that is a file: attachments, and pictures that the body shows."""
    bodies = {id(part) for part in (mail.get_body((kind,)) for kind in ("html", "plain"))}
    return [part for part in mail.walk() if not part.is_multipart() and id(part) not in bodies]


async def _attach(api: GraphApi, draft: str, part: EmailMessage) -> None:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    if len(content) > _LARGEST_ATTACHMENT:
        raise MessageRefused("an attachment has more than the 150 MB that Microsoft Graph takes")
    about: Json = {
        "name": part.get_filename() or "attachment",
        "contentType": part.get_content_type(),
        "isInline": part.get_content_disposition() == "inline",
    }
    if content_id := str(part.get("Content-ID", "")).strip("<> "):
        about["contentId"] = content_id
    place = f"/messages/{in_path(draft)}/attachments"
    if len(content) <= _LARGEST_IN_JSON:
        file = {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "contentBytes": base64.b64encode(content).decode(),
        }
        await api.answer(Ask("POST", place, body=about | file))
        return
    item = {"attachmentType": "file", "size": len(content)} | about
    session = await api.answer(
        Ask("POST", f"{place}/createUploadSession", body={"AttachmentItem": item})
    )
    for start in range(0, len(content), _PART):
        part_of_it = content[start : start + _PART]
        await api.upload(str(session["uploadUrl"]), part_of_it, start, len(content))
