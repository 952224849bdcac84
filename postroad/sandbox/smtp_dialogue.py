"""One connection to a sandbox provider: aiosmtpd's SMTP, with limits, refusals and faults."""

import asyncio
from ssl import SSLContext
from typing import Any, NoReturn

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from postroad.sandbox.faults import FaultPhase
from postroad.sandbox.smtp_provider import SmtpProvider

_MIDDLE = 10
"""Bytes of content that are read before the connection drops in its middle."""


class SmtpDialogue(SMTP):
    """Speaks for a provider; every command may meet a fault first."""

    def __init__(self, provider: SmtpProvider, tls: SSLContext | None) -> None:
        config = provider.config
        super().__init__(
            _Hooks(provider),
            data_size_limit=config.most_bytes,
            enable_SMTPUTF8=config.smtputf8,
            hostname="sandbox.test",
            ident=f"ESMTP {config.name}",
            tls_context=tls,
            require_starttls=tls is not None,
            timeout=config.idle.total_seconds(),
            auth_require_tls=tls is not None,
            auth_exclude_mechanism=None if config.users else ("LOGIN", "PLAIN"),
            authenticator=self._judge_login,
        )
        self._provider = provider
        self._messages = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; STARTTLS comes by here a second time."""
        if self._original_transport is None:
            self._wire = transport
            self._has_room = self._provider.opened(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        self._provider.closed(self._wire)
        super().connection_lost(error)

    async def check_auth_needed(self, caller_method: str) -> bool:  # noqa: ARG002
        """Refuse commands of a client that has not signed in, where there are users."""
        signed_in = self.session is not None and self.session.authenticated
        if signed_in or not self._provider.config.users:
            return False
        await self.push("530 5.7.0 Authentication required")
        return True

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        """Answer EHLO."""
        if not await self._struck("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """Agree on TLS."""
        if not await self._struck("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        """Let the client sign in."""
        if not await self._struck("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Begin a message, unless a limit is reached."""
        if await self._struck("mail"):
            return
        most = self._provider.config.messages_per_connection
        if most is not None and self._messages >= most:
            await self._answer("421 4.7.0 Too many messages on this connection")
        elif (refused := self._provider.refuse_sender()) is not None:
            await self._answer(refused)
        else:
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Take a recipient."""
        if not await self._struck("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take a message's content."""
        if await self._struck("data"):
            return
        if self._provider.faults.take(self._provider.config.name, "content"):
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.readexactly(_MIDDLE)
            await self._drop()
        self._messages += 1
        await super().smtp_DATA(arg)

    async def suffer(self, phase: FaultPhase) -> str | None:
        """Let a fault strike; return what it answers, or None to go on."""
        fault = self._provider.faults.take(self._provider.config.name, phase)
        if fault is None:
            return None
        if fault.action == "drop":
            await self._drop()
        if fault.action == "truncate":
            await self._halve()
        await asyncio.sleep(fault.delay.total_seconds())
        return fault.reply or None

    async def _struck(self, phase: FaultPhase) -> bool:
        """Let a fault strike; return whether it has answered the command."""
        reply = await self.suffer(phase)
        if reply is not None:
            await self._answer(reply)
        return reply is not None

    async def _handle_client(self) -> None:
        try:
            if not self._has_room:
                await self._answer("421 4.7.0 Too many connections, try again in 5 seconds")
            elif not await self._struck("banner"):
                await super()._handle_client()
        finally:
            self._writer.close()

    async def _answer(self, reply: str) -> None:
        await self.push(reply)
        if reply.startswith("421"):
            self._writer.close()

    async def _halve(self) -> NoReturn:
        self._writer.write(b"25")
        await self._writer.drain()
        await self._drop()

    async def _drop(self) -> NoReturn:
        self._writer.transport.abort()
        await asyncio.get_running_loop().create_future()  # losing the connection cancels this
        raise AssertionError("a dropped connection went on")

    def _judge_login(
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        _mechanism: str,
        login: Any,  # noqa: ANN401
    ) -> AuthResult:
        known = isinstance(login, LoginPassword) and self._provider.knows(*login)
        # With handled=True a refused client would get no answer at all.
        return AuthResult(success=known, handled=False)


class _Hooks:
    """What aiosmtpd asks back."""

    def __init__(self, provider: SmtpProvider) -> None:
        self._provider = provider

    async def handle_RCPT(  # noqa: N802
        self,
        _dialogue: SmtpDialogue,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        refused = self._provider.refuse_recipient(str(envelope.mail_from), address)
        if refused is not None:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802
        self, dialogue: SmtpDialogue, _session: Session, envelope: Envelope
    ) -> str:
        provider = self._provider
        await asyncio.sleep(provider.config.latency.total_seconds())
        if (reply := await dialogue.suffer("end")) is not None:
            return reply
        reply = provider.accept(
            str(envelope.mail_from), list(envelope.rcpt_tos), envelope.original_content or b""
        )
        return await dialogue.suffer("accepted") or reply
