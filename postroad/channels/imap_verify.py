"""Checking the mailbox that a channel's notices are read from."""

import asyncio

from postroad.channels.base import AuthorisationLost, ChannelError, Verification
from postroad.channels.imap_session import ImapSession
from postroad.channels.imap_settings import ImapSettings

_MOST_NAMED = 10


async def verify_imap(settings: ImapSettings) -> Verification:
    """Sign in, and see that the folders are there."""
    session = ImapSession(settings)
    try:
        return await asyncio.to_thread(_look, session, settings)
    except ChannelError as error:
        hint = ": check username and password" if isinstance(error, AuthorisationLost) else ""
        return Verification(ok=False, findings=[f"notices cannot be read: {error.words}{hint}"])
    except asyncio.CancelledError:
        session.abort()
        raise


def _look(session: ImapSession, settings: ImapSettings) -> Verification:
    with session:
        folders = session.folders()
        missing = [name for name in folders if session.position(name) is None]
    read = [name for name in folders if name not in missing]
    findings = [
        f"signed in to {settings.host} as {settings.username} to read notices",
        f"read for notices and replies: {', '.join(read[:_MOST_NAMED]) or 'no folder'}"
        + (f" and {len(read) - _MOST_NAMED} more" if len(read) > _MOST_NAMED else ""),
    ]
    if missing:
        findings.append(f"there is no folder {', '.join(missing)}: correct folders")
    return Verification(ok=not missing, findings=findings)
