"""Which folders of a mailbox mail can arrive in, wherever rules and people file it."""

from itertools import count

from postroad.channels.exchange_errors import Nonsense, meaning
from postroad.channels.exchange_server import ExchangeServer
from postroad.channels.exchange_xml import Element, M, T, find, find_all, folder, id_of, text

_NOT_INBOUND = ("sentitems", "drafts", "outbox")
_MAIL = "IPF.Note"
_COMMIT_TIME = "0x670A"
"""PidTagLocalCommitTimeMax ([MS-OXCFOLD] 2.2.2.2.1.14): when something in a folder changed."""
_PAGE = 1_000
"""The most that one FindFolder answers."""


class MailFolders:
    """The mail folders of one mailbox, without those of what was sent."""

    def __init__(self, server: ExchangeServer) -> None:
        self._server = server
        self._own: frozenset[str] = frozenset()

    async def marks(self) -> dict[str, str]:
        """Return the id of each folder, and a mark that is another when something in it changed.

        An empty mark says that the server does not tell.

        Raises:
            ChannelError: they cannot be listed now.
        """
        if not self._own:
            self._own = await self._not_inbound()
        found: dict[str, str] = {}
        for offset in count(0, _PAGE):
            root = await self._page(offset)
            folders = find_all(root, "t:Folders/t:Folder")
            found |= {id_of(one): _mark(one) for one in folders if _is_of_mail(one)}
            if not folders or root.get("IncludesLastItemInRange") != "false":
                break
        return {one: mark for one, mark in found.items() if one not in self._own}

    async def _not_inbound(self) -> frozenset[str]:
        names = [folder(name, self._server.address) for name in _NOT_INBOUND]
        payload = M.GetFolder(M.FolderShape(T.BaseShape("IdOnly")), M.FolderIds(*names))
        own = await self._server.ask_all("GetFolder", payload, len(names))
        return frozenset(id_of(one) for message in own for one in find_all(message, "m:Folders/*"))

    async def _page(self, offset: int) -> Element:
        shape = M.FolderShape(
            T.BaseShape("IdOnly"),
            T.AdditionalProperties(
                T.FieldURI(FieldURI="folder:FolderClass"),
                T.FieldURI(FieldURI="folder:TotalCount"),
                T.ExtendedFieldURI(PropertyTag=_COMMIT_TIME, PropertyType="SystemTime"),
            ),
        )
        view = M.IndexedPageFolderView(
            MaxEntriesReturned=str(_PAGE), Offset=str(offset), BasePoint="Beginning"
        )
        parent = M.ParentFolderIds(folder("msgfolderroot", self._server.address))
        payload = M.FindFolder(shape, view, parent, Traversal="Deep")
        root = find(await self._server.ask_one("FindFolder", payload), "m:RootFolder")
        if root is None:
            raise meaning(Nonsense(), sends=False)
        return root


def _mark(found: Element) -> str:
    """Return when a folder changed and how much is in it: two changes may share a second.

    A folder that never held anything has no such time.
    """
    at, total = text(found, "t:ExtendedProperty/t:Value"), text(found, "t:TotalCount")
    return f"{at} {total}" if at or total == "0" else ""


def _is_of_mail(found: Element) -> bool:
    kind = text(found, "t:FolderClass")
    return not kind or kind.startswith(_MAIL)
