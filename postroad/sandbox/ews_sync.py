"""SyncFolderItems: what is new in a folder since a sync state, which expires with the history."""

import base64
import binascii
from dataclasses import dataclass

from postroad.sandbox.ews_folders import Place
from postroad.sandbox.ews_soap import EwsRefusal
from postroad.sandbox.mailboxes import StoredMail

_ALL = "all"


@dataclass(frozen=True, slots=True)
class _State:
    """How far a folder was read."""

    name: str
    number: int
    """The change that it was read up to."""
    after: str
    """The last mail that was given out of what was there by then; all of them is `all`."""

    @classmethod
    def parsed(cls, given: str, place: Place) -> "_State":
        if not given:
            return cls(place.name, place.mailbox.history, "")
        try:
            name, number, after = base64.b64decode(given, validate=True).decode().split("/")
            state = cls(name, int(number), after)
        except (binascii.Error, ValueError):
            raise _invalid() from None
        if state.name != place.name or state.number < place.mailbox.oldest_history:
            raise _invalid()
        return state

    def written(self) -> str:
        return base64.b64encode(f"{self.name}/{self.number}/{self.after}".encode()).decode()


def new_items(place: Place, given: str, most: int) -> tuple[list[StoredMail], str, bool]:
    """Return what is new in a folder, the next sync state, and whether that is all.

    Args:
        place: the folder.
        given: the sync state; empty for everything.
        most: how many at most.

    Raises:
        EwsRefusal: the state is none, of another folder, or too old.
    """
    state = _State.parsed(given, place)
    if state.after != _ALL:
        return _everything(place, state, most)
    found: dict[str, StoredMail] = {}
    for change in place.mailbox.changes_after(state.number):
        if len(found) == most:
            return list(found.values()), state.written(), False
        state = _State(place.name, change.number, _ALL)
        is_new = change.kind != "removed" and change.mail.id in place.mailbox.mails
        if is_new and change.mail.folder == place.folder:
            found[change.mail.id] = change.mail
    return list(found.values()), state.written(), True


def _everything(place: Place, state: _State, most: int) -> tuple[list[StoredMail], str, bool]:
    """Return a page of what is in the folder, oldest first."""
    mails = sorted(place.mails, key=lambda mail: mail.id)
    left = [mail for mail in mails if mail.id > state.after]
    shown, is_all = left[:most], len(left) <= most
    reached = _State(place.name, state.number, _ALL if is_all else shown[-1].id)
    return shown, reached.written(), is_all


def _invalid() -> EwsRefusal:
    return EwsRefusal("ErrorInvalidSyncStateData", "The specified sync state is invalid.")
