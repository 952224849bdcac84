"""One open SMTP connection, greeted and signed in, that carries one message after another.

MAIL, RCPT, DATA and the content are driven one by one, so that it is always known whether a
message may have left.
"""

import asyncio
from contextlib import suppress
from typing import cast

from aiosmtplib import SMTP, SMTPException
from aiosmtplib.protocol import SMTPProtocol

from postroad.channels.base import ChannelError, OutgoingMessage, Receipt
from postroad.channels.smtp_envelope import END_OF_CONTENT, mail_commands, wire_content
from postroad.channels.smtp_errors import Phase, failure, refusal
from postroad.channels.smtp_reply import Reply
from postroad.channels.smtp_settings import SmtpSettings

_ONE_PIECE = 16 * 1024
"""Up to here content and end travel together: the kernel takes so much in one go anyway."""
_FRESH_SECONDS = 1.0
_KEEPS_CONNECTION = range(400, 600)
_ENDS_CONNECTION = (421, 500, 502, 503)
"""421 is the server's goodbye; after the others the two sides no longer agree on where they are."""
_QUIT_SECONDS = 2.0


class SmtpSession:
    """Carries messages over one connection."""

    def __init__(self, client: SMTP, settings: SmtpSettings) -> None:
        """Take over a client that is connected and signed in."""
        transport, protocol = client.transport, client.protocol
        if transport is None or protocol is None:
            raise failure(Phase.HELLO, "the connection was lost")
        self._client = client
        self._protocol: SMTPProtocol = protocol
        self._loop = asyncio.get_running_loop()
        self._transport = cast("asyncio.WriteTransport", transport)
        # Then drain() waits until the transport has nothing left to write.
        self._transport.set_write_buffer_limits(high=0)
        self._writer = asyncio.StreamWriter(self._transport, protocol, None, self._loop)
        self._reply_seconds = settings.timeouts.reply.total_seconds()
        self._acceptance_seconds = settings.timeouts.acceptance.total_seconds()
        self._settings = settings
        self._extensions = frozenset(client.esmtp_extensions)
        self._phase = Phase.SENDER
        self._must_reset = False
        self._last_used = self._loop.time()
        self.messages = 0
        """Messages handed over so far, refused ones included."""
        self.is_worn_out = False
        """The connection, in use before, was closed when a message began: a new one may do."""

    @property
    def is_open(self) -> bool:
        """Whether the connection is open, as far as this side knows."""
        return self._client.is_connected

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand one message over.

        Raises:
            ChannelError: what the server's refusal, or the failure, means.
        """
        mail, rcpt = self._envelope(message)
        was_fresh = not self.messages and self._loop.time() < self._last_used + _FRESH_SECONDS
        self._phase = Phase.SENDER
        try:
            async with asyncio.timeout(self._reply_seconds) as deadline:
                return await self._transact(mail, rcpt, self._content(message), deadline)
        except ChannelError as error:
            if error.code not in _KEEPS_CONNECTION or error.code in _ENDS_CONNECTION:
                self._give_up(was_fresh=was_fresh)
            raise
        except (SMTPException, OSError) as error:
            self._give_up(was_fresh=was_fresh)
            raise self._failed(error) from None
        except BaseException:
            self.abort()  # cancelled in the middle: no other message may meet the answers
            raise
        finally:
            self.messages += 1
            self._last_used = self._loop.time()

    async def quit(self) -> None:
        """Take leave politely, and close."""
        with suppress(SMTPException, OSError):
            async with asyncio.timeout(_QUIT_SECONDS):
                await self._client.quit()
        self.abort()

    def abort(self) -> None:
        """Close at once; what is still in the buffer is thrown away."""
        self._transport.abort()
        self._client.close()

    def _envelope(self, message: OutgoingMessage) -> tuple[bytes, bytes]:
        bounces = self._settings.bounces
        if bounces is None:
            sender = self._settings.envelope_from or message.envelope_from
            return mail_commands(message, sender, self._extensions)
        sender = bounces.envelope_from(message.key)
        return mail_commands(message, sender, self._extensions, bounces.notify)

    def _content(self, message: OutgoingMessage) -> bytes:
        events = self._settings.events
        return message.content if events is None else events.header(message.key) + message.content

    async def _transact(
        self, mail: bytes, rcpt: bytes, content: bytes, deadline: asyncio.Timeout
    ) -> Receipt:
        if self._must_reset:
            await self._reset()
        await self._command(mail, deadline)
        self._must_reset = True
        self._phase = Phase.RECIPIENT
        await self._command(rcpt, deadline)
        self._phase = Phase.DATA
        await self._command(b"DATA", deadline, expected=3)
        self._phase = Phase.CONTENT
        await self._write(wire_content(content), deadline)
        deadline.reschedule(self._loop.time() + self._acceptance_seconds)
        reply = Reply(*await self._protocol.read_response())
        self._must_reset = False
        if reply.code // 100 != 2:
            raise refusal(self._phase, reply)
        return Receipt(provider_id=reply.queue_id, response=reply.words)

    async def _reset(self) -> None:
        code, _ = await self._client.execute_command(b"RSET")
        if code // 100 != 2:
            raise ConnectionError("the server did not forget the former message")
        self._must_reset = False

    async def _command(
        self, command: bytes, deadline: asyncio.Timeout, *, expected: int = 2
    ) -> None:
        deadline.reschedule(self._loop.time() + self._reply_seconds)
        code, text = await self._client.execute_command(command)
        if code // 100 != expected:
            raise refusal(self._phase, Reply(code, text))

    async def _write(self, content: bytes, deadline: asyncio.Timeout) -> None:
        """Write the content; the moment its end is handed to the transport decides.

        Until then no server can have accepted the message, however much of it has left. So the
        end of a larger one waits until the rest has gone: a connection lost meanwhile is certain.
        """
        if len(content) > _ONE_PIECE:
            deadline.reschedule(self._loop.time() + self._acceptance_seconds)
            self._protocol.write(content)
            await self._writer.drain()
            content = b""
        self._protocol.write(content + END_OF_CONTENT)
        self._phase = Phase.ACCEPTANCE

    def _give_up(self, *, was_fresh: bool) -> None:
        self.abort()
        self.is_worn_out = self._phase is Phase.SENDER and not was_fresh

    def _failed(self, error: Exception) -> ChannelError:
        if isinstance(error, TimeoutError):
            return failure(self._phase, "the server did not answer in time")
        if isinstance(error, ConnectionError):
            return failure(self._phase, "the connection was lost")
        return failure(self._phase, f"the server answered nonsense ({error})")
