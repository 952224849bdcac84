"""Opening a connection: connect, be greeted, agree on TLS, sign in."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
)

from postroad.channels.base import ChannelError, Misconfigured
from postroad.channels.network_errors import tls_trouble, trouble
from postroad.channels.smtp_errors import Phase, failure, refusal
from postroad.channels.smtp_reply import Reply
from postroad.channels.smtp_session import SmtpSession
from postroad.channels.smtp_settings import SmtpSettings

Report = Callable[[str], None]
"""Told, in one sentence each, what was achieved."""

_MECHANISM_UNKNOWN = 504
_OF_INTEREST = ("size", "8bitmime", "smtputf8", "pipelining", "dsn", "chunking")


async def open_session(
    settings: SmtpSettings, context: ssl.SSLContext, report: Report = lambda _: None
) -> SmtpSession:
    """Open a connection that is ready for messages.

    Raises:
        ChannelError: what keeps it from opening means this; nothing left.
    """
    client = SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.tls == "implicit",
        start_tls=False,
        tls_context=context,
        local_hostname=settings.hello or "localhost",
        timeout=None,
    )
    try:
        await _connect(client, settings, report)
        await _hello(client, settings)
        if settings.tls == "starttls":
            await _start_tls(client, settings)
            await _hello(client, settings)
        report(_describe_tls(client))
        report(_describe_extensions(client))
        if settings.username is not None and settings.password is not None:
            await _sign_in(
                client, settings, settings.username, settings.password.get_secret_value()
            )
            report(f"signed in as {settings.username}")
        return SmtpSession(client, settings)
    except BaseException:
        client.close()
        raise


async def _connect(client: SMTP, settings: SmtpSettings, report: Report) -> None:
    async with _step(Phase.GREETING, settings):
        greeting = await client.connect()
    report(f"connected to {settings.host} port {settings.port}: {Reply(*greeting).words}")


async def _hello(client: SMTP, settings: SmtpSettings) -> None:
    async with _step(Phase.HELLO, settings):
        await client.ehlo(hostname=settings.hello or _own_address(client))


async def _start_tls(client: SMTP, settings: SmtpSettings) -> None:
    if not client.supports_extension("starttls"):
        raise Misconfigured(
            f"{settings.host} port {settings.port} offers no STARTTLS: "
            "use its submission port (587), or tls: implicit with port 465"
        )
    async with _step(Phase.TLS, settings):
        await client.starttls()


async def _sign_in(client: SMTP, settings: SmtpSettings, username: str, password: str) -> None:
    """Sign in with the first mechanism that the server really knows.

    Only "unknown mechanism" leads to the next one: each refused try counts towards a lock-out.
    """
    offered = [
        name for name in ("plain", "login", "cram-md5") if name in client.server_auth_methods
    ]
    if not offered:
        way_out = "set tls: starttls" if settings.tls == "none" else "use its submission port"
        raise Misconfigured(
            f"{settings.host} offers no sign-in with a password on port {settings.port}: "
            f"{way_out}, or leave username and password out"
        )
    async with _step(Phase.SIGN_IN, settings):
        for name in offered:
            sign_in = getattr(client, f"auth_{name.replace('-', '')}")
            try:
                await sign_in(username, password)
            except SMTPAuthenticationError as error:
                if error.code != _MECHANISM_UNKNOWN or name == offered[-1]:
                    raise
            else:
                return


@asynccontextmanager
async def _step(phase: Phase, settings: SmtpSettings) -> AsyncIterator[None]:
    """Bound a step's time, and say what its failure means."""
    seconds = settings.timeouts.connect.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            yield
    except (SMTPException, OSError) as error:
        raise _meaning(error, phase, settings) from None


def _meaning(error: Exception, phase: Phase, settings: SmtpSettings) -> ChannelError:
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    host, port = settings.host, settings.port
    if isinstance(cause, ssl.SSLError):
        at_once = settings.tls == "implicit"
        return Misconfigured(tls_trouble(cause, host, port, at_once=at_once))
    if isinstance(error, SMTPResponseException):
        text = _without_credentials(str(error.message), settings)
        if error.code > 0:
            return refusal(phase, Reply(error.code, text))
        return failure(phase, f"{host} port {port} does not speak SMTP ({text})")
    return failure(phase, trouble(cause, host, port))


def _own_address(client: SMTP) -> str:
    """Return this side's address as EHLO takes it (RFC 5321, 4.1.3): the truth, and no name."""
    address = str(client.get_transport_info("sockname")[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _without_credentials(text: str, settings: SmtpSettings) -> str:
    """Take out what a careless server repeats of the sign-in."""
    if settings.username is None or settings.password is None:
        return text
    user, password = settings.username, settings.password.get_secret_value()
    for secret in (f"\0{user}\0{password}", password):
        text = text.replace(base64.b64encode(secret.encode()).decode(), "***")
        text = text.replace(secret, "***")
    return text


def _describe_tls(client: SMTP) -> str:
    tls: ssl.SSLObject | None = client.get_transport_info("ssl_object")
    if tls is None:
        return "not encrypted"
    certificate: dict[str, Any] = dict(tls.getpeercert() or {})
    names = [name for _, name in certificate.get("subjectAltName", ())]
    until = certificate.get("notAfter", "an unknown date")
    return f"encrypted with {tls.version()}, certificate for {', '.join(names[:3])} until {until}"


def _describe_extensions(client: SMTP) -> str:
    offered = client.esmtp_extensions
    names = [f"{name.upper()} {offered[name]}".strip() for name in _OF_INTEREST if name in offered]
    return f"it offers {', '.join(names) or 'no extensions'}"
