"""The folders and items of sandbox mailboxes, by the ids that Exchange Web Services give them.

An item's id changes when it is moved, as with a real server; its search key stays.
"""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from postroad.sandbox.ews_soap import PREFIXES, Element, EwsRefusal, T, text
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Folder, Mailbox, StoredMail

ROOT = "msgfolderroot"
FOLDERS: dict[str, Folder] = {
    "inbox": "inbox",
    "sentitems": "sent",
    "drafts": "drafts",
    "outbox": "outbox",
    "filed": "archive",
}
"""The name by which EWS knows a folder, and ours. Nobody can ask for `filed` by its name."""
_COMMIT_TIME = "0x670a"
"""PidTagLocalCommitTimeMax ([MS-OXCFOLD] 2.2.2.2.1.14): when something in a folder changed."""
_TITLES = {"inbox": "Inbox", "sentitems": "Sent Items", "drafts": "Drafts", "outbox": "Outbox"}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of a mailbox."""

    mailbox: Mailbox
    name: str
    """As EWS knows it."""

    @property
    def folder(self) -> Folder:
        """The folder as mailboxes know it.

        Raises:
            EwsRefusal: it is the root, which holds no mail.
        """
        if self.name == ROOT:
            raise EwsRefusal("ErrorInvalidOperation", "The root holds folders only.")
        return FOLDERS.get(self.name, self.name)

    @property
    def mails(self) -> list[StoredMail]:
        """Its mails, newest first."""
        return [] if self.name == ROOT else self.mailbox.in_folder(self.folder)

    def described(self, shape: Element) -> Element:
        """Return the folder as EWS describes it, with what else a request's shape names."""
        found = T.Folder(
            T.FolderId(Id=_encoded(self.mailbox.address, self.name), ChangeKey="AQ=="),
            T.FolderClass("IPF.Note"),
            T.DisplayName(_TITLES.get(self.name, self.name.title())),
            T.TotalCount(str(len(self.mails))),
            T.ChildFolderCount(str(len(below(self)))),
        )
        for uri in shape.findall("t:AdditionalProperties/t:ExtendedFieldURI", PREFIXES):
            changed_at = self.mailbox.changed_at.get(FOLDERS.get(self.name, self.name))
            if uri.get("PropertyTag", "").lower() == _COMMIT_TIME and changed_at is not None:
                at = f"{datetime.fromtimestamp(changed_at // 1_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
                found.append(T.ExtendedProperty(T.ExtendedFieldURI(**uri.attrib), T.Value(at)))
        return found


def places(provider: MailboxProvider, parent: Element, own: Mailbox) -> list["Place | EwsRefusal"]:
    """Return the folders that the children of an element name.

    Args:
        provider: whose mailboxes they are in.
        parent: the element.
        own: the mailbox that is meant where none is named.
    """
    return [_place(provider, one, own) for one in parent]


def below(place: Place) -> list[Place]:
    """Return the folders below one."""
    if place.name != ROOT:
        return []
    return [Place(place.mailbox, name) for name in (*FOLDERS, *place.mailbox.made)]


def item_id(mailbox: Mailbox, mail: StoredMail) -> Element:
    """Return the id of a mail where it is now."""
    return T.ItemId(Id=_encoded(mailbox.address, mail.folder, mail.id), ChangeKey="AQ==")


def item(provider: MailboxProvider, given: Element) -> tuple[Mailbox, StoredMail]:
    """Return the mail that an ItemId names.

    Raises:
        EwsRefusal: there is none, or not there any more.
    """
    address, folder, mail_id = _decoded(given.get("Id", ""), 3)
    mailbox = provider.mailbox(address)
    mail = None if mailbox is None else mailbox.mails.get(mail_id)
    if mailbox is None or mail is None or mail.folder != folder:
        raise EwsRefusal("ErrorItemNotFound", "The specified object was not found in the store.")
    return mailbox, mail


def _place(provider: MailboxProvider, given: Element, own: Mailbox) -> "Place | EwsRefusal":
    try:
        if given.tag.endswith("}DistinguishedFolderId"):
            address = text(given, "t:Mailbox/t:EmailAddress") or own.address
            name = given.get("Id", "")
            known: Collection[str] = (ROOT, *_TITLES)
        else:
            address, name = _decoded(given.get("Id", ""), 2)
            known = (ROOT, *FOLDERS, *own.made)
    except EwsRefusal as refusal:
        return refusal
    mailbox = provider.mailbox(address)
    if mailbox is None:
        words = "The SMTP address has no mailbox associated with it."
        return EwsRefusal("ErrorNonExistentMailbox", words)
    if name not in known:
        return EwsRefusal("ErrorFolderNotFound", "The specified folder could not be found.")
    return Place(mailbox, name)


def _encoded(*parts: str) -> str:
    return base64.b64encode("\n".join(parts).encode()).decode()


def _decoded(given: str, most: int) -> list[str]:
    try:
        parts = base64.b64decode(given, validate=True).decode().split("\n")
    except (binascii.Error, UnicodeDecodeError):
        parts = []
    if len(parts) != most:
        raise EwsRefusal("ErrorInvalidIdMalformed", "Id is malformed.")
    return parts


def children(element: Element, path: str) -> list[Element]:
    """Return the children of the element at a path; none where it is not there."""
    found = element.find(path, PREFIXES)
    return [] if found is None else list(found)
