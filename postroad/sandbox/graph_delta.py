"""Changes of a folder's messages since a reader was last there.

learn.microsoft.com/graph/delta-query-messages: pages with a nextLink, and at the end a deltaLink
to come back with. A state that the mailbox has forgotten is gone (410).
"""

import re
import secrets
from dataclasses import dataclass

from postroad.sandbox.graph_errors import invalid, too_old
from postroad.sandbox.graph_query import Condition, Query
from postroad.sandbox.graph_resources import Json
from postroad.sandbox.mailboxes import Folder, Mailbox, StoredMail

_FILTER = re.compile(r"receivedDateTime g[et] \S+")
_PAGE_SIZE = re.compile(r"odata\.maxpagesize=(\d{1,3})")
_DEFAULT_PAGE = 10
_MOST_STATES = 1_000
"""The oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class _State:
    """What a reader knows of a folder."""

    folder: Folder
    query: Query
    created_only: bool
    history: int
    known: frozenset[str]
    unread: tuple[Json, ...] = ()
    """What stands on the pages that the reader has not asked for yet."""


class Deltas:
    """The states of every reader, by the tokens that they were given."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}

    def begin(self, folder: Folder, asked: dict[str, str], *, immutable: bool) -> str:
        """Return the token of a reader that knows nothing yet.

        Raises:
            GraphRefusal: it asks for something that delta does not know.
        """
        wanted = asked.get("$filter", "")
        if wanted and not _FILTER.fullmatch(wanted):
            raise invalid("Change tracking knows receivedDateTime only.", "ErrorInvalidUrlQuery")
        options = {name: value for name, value in asked.items() if name.startswith("$")}
        query = Query(options, immutable=immutable)
        created_only = asked.get("changeType") == "created"
        return self._keep(_State(folder, query, created_only, 0, frozenset()))

    def page(self, mailbox: Mailbox, token: str, prefer: str) -> tuple[list[Json], str, bool]:
        """Return a page, the token to go on with, and whether there is more now.

        Raises:
            GraphRefusal: the token is none, or too old.
        """
        state = self._states.get(token)
        if state is None or (state.history and state.history < mailbox.oldest_history):
            raise too_old()
        if not state.unread:
            state = _caught_up(state, mailbox)
        size = _PAGE_SIZE.search(prefer)
        most = max(1, int(size[1])) if size else _DEFAULT_PAGE
        shown, rest = state.unread[:most], state.unread[most:]
        left = _State(
            state.folder, state.query, state.created_only, state.history, state.known, rest
        )
        return list(shown), self._keep(left), bool(rest)

    def _keep(self, state: _State) -> str:
        token = secrets.token_urlsafe(16)
        self._states[token] = state
        if len(self._states) > _MOST_STATES:
            del self._states[next(iter(self._states))]
        return token


def _caught_up(state: _State, mailbox: Mailbox) -> _State:
    """Return the state with everything that changed since on its pages."""
    touched = {change.mail.id for change in mailbox.changes_after(state.history)}
    mails = {mail.id: mail for mail in reversed(mailbox.in_folder(state.folder))}
    fits: Condition = state.query.condition
    new = [mail for mail in mails.values() if _is_news(state, mail, touched) and fits(mail)]
    gone = () if state.created_only else tuple(state.known - mails.keys())
    removed = [
        {"@removed": {"reason": "deleted"}, "id": f"AAMk{number}="} for number in sorted(gone)
    ]
    return _State(
        state.folder, state.query, state.created_only, mailbox.history, frozenset(mails),
        (*map(state.query.shown, new), *removed),
    )  # fmt: skip


def _is_news(state: _State, mail: StoredMail, touched: set[str]) -> bool:
    if mail.id not in state.known:
        return True
    return mail.id in touched and not state.created_only
