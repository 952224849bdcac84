"""Drafts: how a message gets into the mailbox, whole, before it is sent.

A draft has an id that it keeps when it is sent. So it can be asked afterwards what became of it,
and a draft that was withdrawn can no longer leave.
"""

import base64
from contextlib import suppress

from postroad.channels.base import Ambiguous, ChannelError, OutgoingMessage
from postroad.channels.exchange_online_api import GraphApi, Json, has_key, key_of, same_id
from postroad.channels.exchange_online_errors import NotThere
from postroad.channels.exchange_online_large import create_large_draft

_LARGEST_MIME = 3_000_000
"""learn.microsoft.com/graph/api/user-post-messages: a request has 4 MB, and base64 adds a third."""


class Drafts:
    """Makes, sends and withdraws the drafts of one mailbox."""

    def __init__(self, api: GraphApi) -> None:
        self._api = api
        self.doubtful: dict[str, str] = {}
        """Key of a message → id of its draft, which may or may not have been sent."""

    async def create(self, message: OutgoingMessage) -> Json:
        """Return a new draft of a message, the only one of it.

        What a former attempt left behind goes: it would stand in the person's Drafts for ever,
        and one click of theirs would send it a second time.

        Raises:
            Ambiguous: what was left behind is no longer there, and may have been sent.
            ChannelError: nothing left.
        """
        for left_behind in await self.of(message):
            if not await self.withdraw(left_behind):
                raise Ambiguous("a draft of this message left the Drafts folder meanwhile")
        self.doubtful.pop(message.key, None)
        if len(message.content) <= _LARGEST_MIME:
            return await self._api.create_draft(base64.b64encode(message.content))
        return await create_large_draft(self._api, message)

    async def send(self, message: OutgoingMessage, draft: str) -> None:
        """Send a draft; one that is refused is deleted again.

        Raises:
            ChannelError: what a refusal or a failure means.
        """
        try:
            await self._api.send_draft(draft)
        except NotThere:
            self.doubtful[message.key] = draft
            raise Ambiguous("the draft left the Drafts folder before it was sent") from None
        except Ambiguous:
            self.doubtful[message.key] = draft
            raise
        except ChannelError:
            await self._tidy(draft)
            raise

    async def of(self, message: OutgoingMessage) -> list[Json]:
        """Return what stands in the Drafts folder of a message.

        It is known by its header, and by its Message-ID where Exchange made no property of that.
        """
        found: dict[str, Json] = {}
        for condition in (has_key(message.key), same_id(message.message_id)):
            for draft in await self._api.drafts(condition):
                if draft["isDraft"] and key_of(draft) in (message.key, ""):
                    found[str(draft["id"])] = draft
        return list(found.values())

    async def withdraw(self, draft: Json) -> bool:
        """Delete one of these; False where it is in Drafts no more, and may have been sent."""
        try:
            await self._api.remove(str(draft["id"]), passing_id=True)
        except NotThere:
            return False
        return True

    async def _tidy(self, draft: str) -> None:
        """Delete a draft if that can be done now; if not, the next attempt finds it."""
        with suppress(ChannelError):
            await self._api.remove(draft)
