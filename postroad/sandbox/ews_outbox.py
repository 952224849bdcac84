"""Mail above the rate: an Exchange server takes it all the same, and sends it later.

learn.microsoft.com/powershell/module/exchange/new-throttlingpolicy: MessageRateLimit.
"""

import asyncio
from dataclasses import dataclass

from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox, StoredMail


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that was taken and has not left."""

    mailbox: Mailbox
    mail_id: str
    recipients: list[str]
    save_copy: bool


class Outbox:
    """Lets mail leave as the limits allow, in the order in which it was taken."""

    def __init__(self, provider: MailboxProvider) -> None:
        self._provider = provider
        self._waiting: dict[str, list[Waiting]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def take(
        self, mailbox: Mailbox, recipients: list[str], content: bytes, *, save_copy: bool
    ) -> None:
        """Send a mail at once where the limits allow it; else keep it in the Outbox until then."""
        queue = self._waiting.setdefault(mailbox.address, [])
        if not queue and not self._provider.seconds_until_room(mailbox):
            self._provider.accept(mailbox, recipients, content)
            if save_copy:
                mailbox.add("sent", content)
            return
        mail = mailbox.add("outbox", content)
        queue.append(Waiting(mailbox, mail.id, recipients, save_copy))
        self._wait(mailbox)

    def take_draft(self, mailbox: Mailbox, recipients: list[str], draft: StoredMail) -> None:
        """Send a draft at once or later; it keeps its id on its way to the Sent folder."""
        queue = self._waiting.setdefault(mailbox.address, [])
        if not queue and not self._provider.seconds_until_room(mailbox):
            self._provider.accept(mailbox, recipients, draft.content)
            mailbox.move(draft.id, "sent")
            return
        mailbox.move(draft.id, "outbox")
        queue.append(Waiting(mailbox, draft.id, recipients, save_copy=True))
        self._wait(mailbox)

    def close(self) -> None:
        """Let nothing more leave."""
        for timer in self._timers.values():
            timer.cancel()

    def _wait(self, mailbox: Mailbox) -> None:
        if mailbox.address not in self._timers:
            seconds = self._provider.seconds_until_room(mailbox)
            loop = asyncio.get_running_loop()
            self._timers[mailbox.address] = loop.call_later(seconds, self._leave, mailbox)

    def _leave(self, mailbox: Mailbox) -> None:
        del self._timers[mailbox.address]
        queue = self._waiting[mailbox.address]
        while queue and not self._provider.seconds_until_room(mailbox):
            waiting = queue.pop(0)
            if mail := mailbox.mails.get(waiting.mail_id):
                self._provider.accept(mailbox, waiting.recipients, mail.content)
                if waiting.save_copy:
                    mailbox.move(mail.id, "sent")
                else:
                    mailbox.remove(mail.id)
        if queue:
            self._wait(mailbox)
