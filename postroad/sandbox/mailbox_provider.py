"""One provider of mailboxes over HTTP: whom it lets in, what it accepts, limits and refuses."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

from aiohttp import web

from postroad.sandbox.config import MailboxProviderConfig, ProviderLimit, Refusal
from postroad.sandbox.faults import Fault, FaultBook, FaultPhase
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.post_office import PostOffice, Submission
from postroad.sandbox.rolling_limit import RollingLimit
from postroad.sandbox.token_desk import TokenDesk

_MESSAGE_ID = re.compile(rb"^Message-ID:[^\r\n]*(\r\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
_TENANT_STOP = Refusal(
    prefix="", reply="550 5.7.233 Tenant has exceeded its tenant external recipient rate limit"
)
"""learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online."""


class MailboxProvider:
    """What the Gmail, Exchange and Graph interfaces have in common."""

    def __init__(
        self, config: MailboxProviderConfig, post_office: PostOffice, faults: FaultBook
    ) -> None:
        self.config = config
        self.post_office = post_office
        self.port = config.port
        self.tokens = TokenDesk(config)
        self.requests: Counter[str] = Counter()
        """How often each interface was asked, by `METHOD path` or operation."""
        self.refused: Counter[int] = Counter()
        """How often each status was the answer to a refused send."""
        self.most_at_once = 0
        """How many requests were under way at the same time."""
        self._at_once = 0
        self._faults = faults
        self._mailboxes = {
            address.lower(): post_office.open_mailbox(address) for address in config.mailboxes
        }
        for mailbox in self._mailboxes.values():
            mailbox.made += config.folders
        self._limits = {
            address: [RollingLimit(limit) for limit in config.limits] for address in self._mailboxes
        }
        most = config.external_recipients
        tenant = None if most is None else ProviderLimit(messages=most, per=timedelta(days=1))
        self._tenant = None if tenant is None else RollingLimit(tenant)

    def mailbox(self, address: str) -> Mailbox | None:
        """Return the mailbox of an address, where this provider has it."""
        return self._mailboxes.get(address.lower())

    def seconds_until_room(self, mailbox: Mailbox, *, longer_than: timedelta = timedelta(0)) -> int:
        """Return in how many seconds a mailbox may send again; 0 is now.

        Args:
            mailbox: whose.
            longer_than: only limits over longer periods count.
        """
        now = time.monotonic()
        limits = [one for one in self._limits[mailbox.address] if one.per > longer_than]
        return max((limit.wait(now) for limit in limits), default=0)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a request as under way."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            self._at_once -= 1

    def accept(self, mailbox: Mailbox, recipients: list[str], content: bytes) -> None:
        """Count an accepted mail against the limits, and hand it to the post office.

        The copy in the Sent folder is the interface's own affair.
        """
        for limit in self._limits[mailbox.address]:
            limit.count(time.monotonic())
        submission = Submission(self.config.name, mailbox, recipients, content)
        refusals = self.config.refusals if self._tenant_lets_out(recipients) else (_TENANT_STOP,)
        self.post_office.submit(submission, refusals, self.config.answers_after)

    def _tenant_lets_out(self, recipients: list[str]) -> bool:
        """Count recipients elsewhere; above the tenant's limit nothing is delivered."""
        external = [one for one in recipients if self.mailbox(one) is None]
        if self._tenant is None or not external:
            return True
        if self._tenant.wait(time.monotonic()):
            return False
        for _ in external:
            self._tenant.count(time.monotonic())
        return True

    def as_stored(self, content: bytes) -> bytes:
        """Return a mail as the provider keeps it; some give it a Message-ID of their own."""
        if not self.config.rewrites_message_id:
            return content
        rewritten = f"Message-ID: <{time.time_ns()}@{self.config.name}.sandbox.test>".encode()
        head, gap, body = content.partition(b"\r\n\r\n")
        return _MESSAGE_ID.sub(rewritten, head, count=1) + gap + body

    async def suffer(self, request: web.Request, phase: FaultPhase) -> web.Response | None:
        """Let a fault strike; return what is answered instead, or None to go on."""
        fault = self._faults.take(self.config.name, phase)
        if fault is None:
            return None
        if fault.action == "drop":
            await _drop(request)
        if fault.action == "truncate":
            await _halve(request)
        await asyncio.sleep(fault.delay.total_seconds())
        return _answer(fault) if fault.action == "reply" else None


def _answer(fault: Fault) -> web.Response:
    kind = "application/json" if fault.reply.startswith("{") else "text/plain"
    headers = {"Content-Type": kind, **fault.headers}
    return web.Response(status=fault.status or 500, text=fault.reply, headers=headers)


async def _halve(request: web.Request) -> NoReturn:
    """Promise more bytes than are sent."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    answer.content_length = 1_000
    await answer.prepare(request)
    await answer.write(b'{"id": "1')
    await _drop(request)


async def _drop(request: web.Request) -> NoReturn:
    if request.transport is not None:
        request.transport.close()
    raise asyncio.CancelledError
