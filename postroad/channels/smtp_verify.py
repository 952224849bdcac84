"""Checking an SMTP channel step by step, with a way out for each thing that is wrong."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

from postroad.channels.base import (
    AccountRefused,
    AuthorisationLost,
    ChannelError,
    OutgoingMessage,
    RateLimited,
    Verification,
)
from postroad.channels.smtp_opening import Report
from postroad.channels.smtp_session import SmtpSession
from postroad.channels.smtp_settings import SmtpSettings

_PROBE_SECONDS = 5.0


async def verify_smtp(
    settings: SmtpSettings,
    context: ssl.SSLContext,
    open_session: Callable[[Report], Awaitable[SmtpSession]],
    test_message: OutgoingMessage | None,
) -> Verification:
    """Resolve, connect, agree on TLS, sign in, and send the test message where one is given."""
    findings: list[str] = []
    try:
        findings.append(f"{settings.host} was found at {', '.join(await _addresses(settings))}")
    except OSError:
        findings.append(f"the host name {settings.host} was not found: check its spelling")
        return Verification(ok=False, findings=findings)
    try:
        session = await open_session(findings.append)
    except ChannelError as error:
        findings.append(await _explain(error, settings, context))
        return Verification(ok=False, findings=findings)
    try:
        if test_message is not None:
            receipt = await session.send(test_message)
            findings.append(f"the test mail was accepted: {receipt.response}")
    except ChannelError as error:
        findings.append(f"the test mail was not accepted: {error.words}{_way_out(error)}")
        return Verification(ok=False, findings=findings)
    finally:
        await session.quit()
    return Verification(ok=True, findings=findings)


async def _addresses(settings: SmtpSettings) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(
        settings.host,
        settings.port,
        type=socket.SOCK_STREAM,
    )
    return sorted({str(address[4][0]) for address in found})


async def _explain(error: ChannelError, settings: SmtpSettings, context: ssl.SSLContext) -> str:
    where = f"port {settings.port}"
    if settings.tls != "implicit" and await _speaks_tls_at_once(settings, context):
        return f"{where} speaks implicit TLS: set tls: implicit"
    return f"{error.words}{_way_out(error)}"


def _way_out(error: ChannelError) -> str:
    match error:
        case AuthorisationLost():
            return ": check username and password (many providers want an app password or API key)"
        case AccountRefused():
            return ": clear the account or the sender address with the provider"
        case RateLimited():
            return ": try again later"
    return ""


async def _speaks_tls_at_once(settings: SmtpSettings, context: ssl.SSLContext) -> bool:
    """Whether the port answers a TLS handshake; whether the certificate is good matters not."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            _, writer = await asyncio.open_connection(settings.host, settings.port, ssl=context)
    except ssl.SSLCertVerificationError:
        return True
    except OSError:
        return False
    writer.transport.abort()
    return True
