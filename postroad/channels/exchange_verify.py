"""Checking an Exchange channel step by step, with a way out for each thing that is wrong."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from postroad.channels.base import (
    AccountRefused,
    AuthorisationLost,
    ChannelError,
    Misconfigured,
    OutgoingMessage,
    QuotaExhausted,
    RateLimited,
    Receipt,
    Verification,
)
from postroad.channels.exchange_folders import MailFolders
from postroad.channels.exchange_sent import SENT
from postroad.channels.exchange_server import ExchangeServer
from postroad.channels.exchange_xml import M, T, folder, text
from postroad.channels.mailbox_hosts import mailbox_kind

_FOLDERS = {"inbox": "Inbox", SENT: "Sent folder", "drafts": "Drafts", "outbox": "Outbox"}


async def verify_exchange(
    server: ExchangeServer,
    send: Callable[[OutgoingMessage], Awaitable[Receipt]],
    test_message: OutgoingMessage | None,
) -> Verification:
    """Sign in, open the folders that are read, and send the test message, where one is given."""
    findings = _warnings(server)
    try:
        findings += await _opened(server)
    except ChannelError as error:
        return _failed(findings, f"{error.words}{_way_out(error, server)}")
    try:
        if test_message is not None:
            receipt = await send(test_message)
            findings.append(f"the test mail was accepted: {receipt.response}")
    except ChannelError as error:
        words = f"the test mail was not accepted: {error.words}{_way_out(error, server)}"
        return _failed(findings, words)
    return Verification(ok=True, findings=findings)


async def _opened(server: ExchangeServer) -> list[str]:
    address = server.address
    names = [folder(name, address) for name in _FOLDERS]
    shape = M.FolderShape(
        T.BaseShape("IdOnly"), T.AdditionalProperties(T.FieldURI(FieldURI="folder:TotalCount"))
    )
    payload = M.GetFolder(shape, M.FolderIds(*names))
    opened = await server.ask_all("GetFolder", payload, len(names))
    settings = server.settings
    account = settings.username if settings.credentials is None else settings.credentials.client_id
    counts = [text(message, "m:Folders/*/t:TotalCount") or "some" for message in opened]
    listed = ", ".join(f"{name} ({n})" for name, n in zip(_FOLDERS.values(), counts, strict=True))
    return [
        f"signed in to {urlsplit(settings.server).hostname} as {account} ({settings.auth})",
        f"the server is {server.version}",
        f"the mailbox of {address} opens: {listed}",
        f"{len(await MailFolders(server).marks())} mail folders are read for replies and bounces",
    ]


def _warnings(server: ExchangeServer) -> list[str]:
    host = urlsplit(server.settings.server).hostname or ""
    if mailbox_kind(host) != "exchange_online":
        return []
    return [
        f"warning: {host} is Exchange Online, where EWS is blocked since 1 October 2026 unless the "
        "tenant allow-lists the application, and ends on 1 April 2027: use kind: exchange_online"
    ]


def _failed(findings: list[str], last: str) -> Verification:
    return Verification(ok=False, findings=[*findings, last])


def _way_out(error: ChannelError, server: ExchangeServer) -> str:
    match error:
        case AuthorisationLost():
            return (
                ": check username and password, whether the account is locked, and whether the "
                f"server lets in by {server.settings.auth}"
            )
        case AccountRefused():
            return (
                f": the account needs full access to {server.address} and the right to send as it, "
                "or ApplicationImpersonation with impersonate: true"
            )
        case Misconfigured():
            return ": compare server (it ends in /EWS/Exchange.asmx), version and impersonate"
        case RateLimited() | QuotaExhausted():
            return ": try again later"
    return ""
