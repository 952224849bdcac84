"""Checking the mailbox that a channel's notices are read from."""

import asyncio

from postroad.channels.base import AuthorisationLost, ChannelError, Verification
from postroad.channels.imap_folders import shown_name, wire_name
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
        read = session.standing()
    names = [shown_name(folder) for folder in read]
    missing = [name for name in settings.folders if wire_name(name) not in read]
    findings = [
        f"signed in to {settings.host} as {settings.username} to read notices",
        f"read for notices and replies: {', '.join(names[:_MOST_NAMED]) or 'no folder'}"
        + (f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""),
    ]
    if missing:
        findings.append(f"there is no folder {', '.join(missing)}: correct folders")
    return Verification(ok=not missing, findings=findings)
