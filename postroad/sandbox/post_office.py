"""What becomes of mail that mailbox providers accept: it arrives, bounces, or is answered."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from postroad.sandbox.acceptances import Acceptances, AcceptedMail, ids_of
from postroad.sandbox.config import Refusal
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.returned_mail import auto_reply, bounce, reply

REPLIES, AWAY = "replies", "away"
"""Local parts that begin so answer, or answer that they are away."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A mail as a provider accepted it."""

    provider: str
    sender: Mailbox
    recipients: list[str]
    content: bytes


class PostOffice:
    """Delivers between the sandbox's mailboxes, and answers for the rest of the world."""

    def __init__(self, accepted: Acceptances) -> None:
        self.mailboxes: dict[str, Mailbox] = {}
        self._accepted = accepted
        self._later: set[asyncio.TimerHandle] = set()

    def open_mailbox(self, address: str) -> Mailbox:
        """Return the mailbox of an address; it is made where there is none."""
        return self.mailboxes.setdefault(address.lower(), Mailbox(address.lower()))

    def submit(self, submission: Submission, refusals: Iterable[Refusal], after: timedelta) -> None:
        """Count an accepted mail, and let what comes of it happen a little later."""
        key, message_id = ids_of(submission.content)
        self._accepted.add(
            AcceptedMail(
                provider=submission.provider,
                at=time.time_ns() // 1_000_000,
                key=key,
                message_id=message_id,
                envelope_from=submission.sender.address,
                recipients=submission.recipients,
                size=len(submission.content),
            )
        )
        refusals = tuple(refusals)
        for recipient in submission.recipients:
            self._at(after, self._arrive, submission, recipient, refusals)

    def close(self) -> None:
        """Let nothing more happen."""
        for handle in self._later:
            handle.cancel()

    def _at(self, after: timedelta, act: Callable[..., None], *args: object) -> None:
        loop = asyncio.get_running_loop()
        self._later.add(loop.call_later(after.total_seconds(), act, *args))

    def _arrive(
        self, submission: Submission, recipient: str, refusals: tuple[Refusal, ...]
    ) -> None:
        local_part = recipient.lower()
        for rule in refusals:
            if local_part.startswith(rule.prefix) and rule.reply.startswith("5"):
                returned = bounce(submission.sender.address, recipient, rule, submission.content)
                submission.sender.add("inbox", returned)
                return
        if local_part.startswith(REPLIES):
            submission.sender.add("inbox", reply(recipient, submission.content))
        elif local_part.startswith(AWAY):
            submission.sender.add("inbox", auto_reply(recipient, submission.content))
        elif recipient.lower() in self.mailboxes:
            self.mailboxes[recipient.lower()].add("inbox", submission.content)
