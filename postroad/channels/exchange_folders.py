"""Which folders of a mailbox mail can arrive in, wherever rules and people file it."""

from itertools import count

from postroad.channels.exchange_errors import Nonsense, meaning
from postroad.channels.exchange_server import ExchangeServer
from postroad.channels.exchange_xml import Element, M, T, find, find_all, folder, id_of, text

_NOT_INBOUND = ("sentitems", "drafts", "outbox")
_MAIL = "IPF.Note"
_PAGE = 1_000
"""The most that one FindFolder answers."""


async def mail_folders(server: ExchangeServer) -> list[str]:
    """Return the ids of all mail folders, without those of what was sent.

    Raises:
        ChannelError: they cannot be listed now.
    """
    names = [folder(name, server.address) for name in _NOT_INBOUND]
    payload = M.GetFolder(M.FolderShape(T.BaseShape("IdOnly")), M.FolderIds(*names))
    own = await server.ask_all("GetFolder", payload, len(names))
    own_ids = {id_of(one) for message in own for one in find_all(message, "m:Folders/*")}
    found: list[str] = []
    for offset in count(0, _PAGE):
        root = await _page(server, offset)
        folders = find_all(root, "t:Folders/t:Folder")
        found += [id_of(one) for one in folders if _is_of_mail(one)]
        if not folders or root.get("IncludesLastItemInRange") != "false":
            break
    return [one for one in found if one not in own_ids]


async def _page(server: ExchangeServer, offset: int) -> Element:
    shape = M.FolderShape(
        T.BaseShape("IdOnly"), T.AdditionalProperties(T.FieldURI(FieldURI="folder:FolderClass"))
    )
    view = M.IndexedPageFolderView(
        MaxEntriesReturned=str(_PAGE), Offset=str(offset), BasePoint="Beginning"
    )
    parent = M.ParentFolderIds(folder("msgfolderroot", server.address))
    payload = M.FindFolder(shape, view, parent, Traversal="Deep")
    root = find(await server.ask_one("FindFolder", payload), "m:RootFolder")
    if root is None:
        raise meaning(Nonsense(), sends=False)
    return root


def _is_of_mail(found: Element) -> bool:
    kind = text(found, "t:FolderClass")
    return not kind or kind.startswith(_MAIL)
