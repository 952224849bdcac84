"""Mailboxes in the JSON forms of Microsoft Graph: messages and mail folders."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import getaddresses
from typing import Any

from postroad.sandbox.graph_errors import invalid, not_found
from postroad.sandbox.mailboxes import Folder, Mailbox, StoredMail

Json = dict[str, Any]

_INTERNET_HEADER = re.compile(
    r"String \{00020386-0000-0000-c000-000000000046\} Name ([!-9;-~]+)", re.IGNORECASE
)
"""A property of PS_INTERNET_HEADERS ([MS-OXCMAIL] 2.2.3.2.29): any header without its own."""
_HEADERS = {"String 0x1042": "In-Reply-To", "String 0x1039": "References"}
NAMES: dict[str, Folder] = {
    "inbox": "inbox",
    "sentitems": "sent",
    "drafts": "drafts",
    "outbox": "outbox",
    "archive": "archive",
}
"""A folder's well-known name, and ours."""
_TITLES = {
    "inbox": "Inbox",
    "sent": "Sent Items",
    "drafts": "Drafts",
    "outbox": "Outbox",
    "archive": "Archive",
}
_MOST_PREVIEW = 255
_PARSER = BytesParser(policy=SMTP)


def parsed(content: bytes) -> EmailMessage:
    """Return a mail, parsed."""
    return _PARSER.parsebytes(content)


def instant(milliseconds: int) -> str:
    """Return an instant as Graph writes it: in whole seconds."""
    return f"{datetime.fromtimestamp(milliseconds // 1_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def folder_id(folder: Folder) -> str:
    """Return the id of a folder."""
    return f"AQMkFolder-{folder}"


def folders_below(mailbox: Mailbox, parent: Folder | None) -> list[Folder]:
    """Return the folders in a folder, or those in none: people make theirs in the Inbox."""
    if parent is None:
        return list(NAMES.values())
    return mailbox.made if parent == "inbox" else []


def folder_of(mailbox: Mailbox, given: str) -> Folder:
    """Return the folder of an id or a well-known name.

    Raises:
        GraphRefusal: there is no such folder.
    """
    ids = {folder_id(folder): folder for folder in (*NAMES.values(), *mailbox.made)}
    if found := NAMES.get(given.lower()) or ids.get(given):
        return found
    raise not_found()


def mail_folder(mailbox: Mailbox, folder: Folder) -> Json:
    """Return a folder."""
    mails = mailbox.in_folder(folder)
    return {
        "id": folder_id(folder),
        "displayName": _TITLES.get(folder, folder),
        "parentFolderId": folder_id("inbox" if folder in mailbox.made else "root"),
        "childFolderCount": len(folders_below(mailbox, folder)),
        "unreadItemCount": sum(not mail.is_read for mail in mails),
        "totalItemCount": len(mails),
        "isHidden": False,
    }


def mail_id(mail: StoredMail, *, immutable: bool) -> str:
    """Return the id of a mail: the usual kind is another one in every folder."""
    return f"AAMk{mail.id}=" if immutable else f"AAMk{mail.id}.{mail.folder}"


def mail_of(mailbox: Mailbox, given: str) -> StoredMail:
    """Return the mail that an id of either kind names.

    Raises:
        GraphRefusal: there is none, or not there any more.
    """
    number, dot, folder = given.removeprefix("AAMk").removesuffix("=").partition(".")
    mail = mailbox.mails.get(number)
    if mail is None or (dot and folder != mail.folder):
        raise not_found()
    return mail


def message(mail: StoredMail, *, immutable: bool) -> Json:
    """Return a mail with everything that a list shows of it."""
    found = parsed(mail.content)
    body = _body(found)
    at = instant(mail.at)
    sender = next(iter(_people(found, "From")), None)
    return {
        "id": mail_id(mail, immutable=immutable),
        "createdDateTime": at,
        "lastModifiedDateTime": at,
        "changeKey": "CQAAABYAAAA",
        "categories": [],
        "receivedDateTime": at,
        "sentDateTime": at,
        "hasAttachments": any(True for _ in found.iter_attachments()),
        "internetMessageId": mail.header("Message-ID"),
        "subject": str(found.get("Subject", "")),
        "bodyPreview": body["content"][:_MOST_PREVIEW],
        "importance": "normal",
        "parentFolderId": folder_id(mail.folder),
        "conversationId": mail.thread_id,
        "isRead": mail.is_read,
        "isDraft": mail.folder == "drafts",
        "body": body,
        "sender": sender,
        "from": sender,
        "toRecipients": _people(found, "To"),
        "ccRecipients": _people(found, "Cc"),
        "bccRecipients": _people(found, "Bcc"),
        "replyTo": _people(found, "Reply-To"),
    }


def on_request(mail: StoredMail) -> Json:
    """Return what is told of a mail only when `$select` asks for it."""
    headers = [{"name": name, "value": str(value)} for name, value in mail.headers.items()]
    return {"internetMessageHeaders": headers}


def extended_properties(mail: StoredMail, wanted: Iterable[str]) -> list[Json]:
    """Return those of the wanted MAPI properties that a mail has: its unknown headers."""
    return [
        {"id": name, "value": value}
        for name in wanted
        if (value := extended_property(mail, name)) is not None
    ]


def extended_property(mail: StoredMail, name: str) -> str | None:
    """Return a MAPI property of a mail; None where it has none of that name.

    Raises:
        GraphRefusal: no property can be called so.
    """
    if not name.startswith("String "):
        raise invalid(f"The sandbox does not know {name}.", "ErrorInvalidExtendedProperty")
    header = header_of(name)
    return mail.header(header) or None if header else None


def header_of(name: str) -> str:
    """Return the header that a MAPI property is; nothing where it is none."""
    found = _INTERNET_HEADER.fullmatch(name)
    return found[1] if found else _HEADERS.get(name, "")


def _people(mail: EmailMessage, name: str) -> list[Json]:
    fields = [str(value) for value in mail.get_all(name, [])]
    return [
        {"emailAddress": {"name": person or address, "address": address}}
        for person, address in getaddresses(fields)
    ]


def _body(mail: EmailMessage) -> Json:
    part = mail.get_body(("html", "plain"))
    if part is None:
        return {"contentType": "text", "content": ""}
    kind = "html" if part.get_content_subtype() == "html" else "text"
    try:
        content = str(part.get_content())
    except (LookupError, UnicodeError):
        content = ""
    return {"contentType": kind, "content": content}
