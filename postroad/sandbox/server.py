"""Serving a sandbox: several providers on loopback, in one event loop."""

import asyncio
import logging
from typing import Any, Self

from aiohttp import web

from postroad.sandbox.acceptances import Acceptances
from postroad.sandbox.certificates import Authority
from postroad.sandbox.config import SandboxConfig
from postroad.sandbox.control import serve_control
from postroad.sandbox.faults import Fault, FaultBook, Revocation
from postroad.sandbox.interfaces import build_app
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.post_office import PostOffice
from postroad.sandbox.smtp_dialogue import SmtpDialogue
from postroad.sandbox.smtp_provider import SmtpProvider

HOST = "127.0.0.1"

# aiosmtpd logs every command, addresses included, at info.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Sandbox:
    """A running sandbox; as an async context manager it closes itself."""

    def __init__(self, config: SandboxConfig) -> None:
        """Prepare the providers; `serve` opens their ports."""
        self.accepted = Acceptances(config.journal)
        self.faults = FaultBook()
        for fault in config.faults:
            self.faults.add(fault)
        self.providers = {
            provider.name: SmtpProvider(provider, self.accepted, self.faults)
            for provider in config.providers
        }
        self.post_office = PostOffice(self.accepted)
        self.mailbox_providers = {
            provider.name: MailboxProvider(provider, self.post_office, self.faults)
            for provider in config.mailbox_providers
        }
        self.authority = Authority()
        self.control_port = config.control_port
        self.ca_file = config.ca_file
        self._servers: list[asyncio.Server] = []
        self._runners: list[web.AppRunner] = []
        if config.ca_file is not None:
            config.ca_file.write_bytes(self.authority.pem)

    async def __aenter__(self) -> Self:
        """Return the running sandbox."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every port and connection."""
        await self.aclose()

    def port(self, provider: str) -> int:
        """Return the port a provider listens on."""
        return (self.providers | self.mailbox_providers)[provider].port

    def counts(self) -> dict[str, Any]:
        """Return what was accepted and refused, as JSON can hold it."""
        return {
            "accepted": len(self.accepted.mails),
            "messages": self.accepted.messages,
            "duplicates": self.accepted.duplicates,
            "mailbox_providers": {
                name: {
                    "port": provider.port,
                    "accepted": sum(mail.provider == name for mail in self.accepted.mails),
                    "refused": {str(code): times for code, times in provider.refused.items()},
                    "requests": dict(provider.requests),
                }
                for name, provider in self.mailbox_providers.items()
            },
            "providers": {
                name: {
                    "port": provider.port,
                    "accepted": sum(mail.provider == name for mail in self.accepted.mails),
                    "refused": {str(code): times for code, times in provider.replies.items()},
                    "connections": provider.connections,
                    "open": len(provider.transports),
                    "most_open": provider.most_open,
                }
                for name, provider in self.providers.items()
            },
        }

    def add_fault(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        self.faults.add(fault)

    def revoke(self, revocation: Revocation) -> None:
        """Void the tokens of a mailbox."""
        for provider in self.mailbox_providers.values():
            provider.tokens.revoke(revocation.mailbox.lower())

    async def open(self) -> None:
        """Open every provider's port, then the control port."""
        for provider in self.providers.values():
            await self._listen(provider)
        for mailbox_provider in self.mailbox_providers.values():
            await self._serve(mailbox_provider)
        control = await serve_control(self, HOST, self.control_port)
        self.control_port = control.sockets[0].getsockname()[1]
        self._servers.append(control)

    async def aclose(self) -> None:
        """Close every port and connection."""
        self.post_office.close()
        for runner in self._runners:
            await runner.cleanup()
        for server in self._servers:
            server.close()
        for provider in self.providers.values():
            for transport in list(provider.transports):
                transport.close()
        for server in self._servers:
            await server.wait_closed()
        self.accepted.close()

    async def _listen(self, provider: SmtpProvider) -> None:
        tls = provider.config.tls
        context = None if tls == "none" else self.authority.server_context()
        server = await asyncio.get_running_loop().create_server(
            lambda: SmtpDialogue(provider, context if tls == "starttls" else None),
            HOST,
            provider.port,
            ssl=context if tls == "implicit" else None,
        )
        provider.port = server.sockets[0].getsockname()[1]
        self._servers.append(server)

    async def _serve(self, provider: MailboxProvider) -> None:
        runner = web.AppRunner(build_app(provider), access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, HOST, provider.port).start()
        provider.port = runner.addresses[0][1]


async def serve(config: SandboxConfig) -> Sandbox:
    """Open every port of a sandbox on loopback.

    Raises:
        OSError: a port is taken.
    """
    sandbox = Sandbox(config)
    try:
        await sandbox.open()
    except BaseException:
        await sandbox.aclose()
        raise
    return sandbox
