"""Who may use a sandbox Exchange server: Basic, NTLM for every connection, and bearer tokens."""

import asyncio
import base64
import binascii
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from weakref import WeakKeyDictionary

import spnego
from aiohttp import web
from spnego.exceptions import SpnegoError

from postroad.sandbox.mailbox_provider import MailboxProvider

_USERS_FILE = "NTLM_USER_FILE"
"""The variable by which pyspnego's server finds user names and passwords."""


class NotSignedIn(Exception):
    """A request from somebody unknown; carries the answer."""

    def __init__(self, *challenges: str) -> None:
        """Prepare the answer: what may be tried, or the next step of what is being tried."""
        self.challenges = challenges or ("NTLM", 'Basic realm="sandbox"', "Bearer")
        super().__init__()

    def answer(self) -> web.Response:
        """Return the answer."""
        answer = web.Response(status=401)
        for challenge in self.challenges:
            answer.headers.add("WWW-Authenticate", challenge)
        return answer


class SignIn:
    """Lets in by name and password, or by token."""

    def __init__(self, provider: MailboxProvider) -> None:
        self._provider = provider
        self._users = {name.lower(): word for name, word in provider.config.users.items()}
        self._under_way: WeakKeyDictionary[asyncio.Transport, spnego.ContextProxy] = (
            WeakKeyDictionary()
        )
        self._connected: WeakKeyDictionary[asyncio.Transport, str] = WeakKeyDictionary()

    def user(self, request: web.Request) -> str:
        """Return who asks; for a token, `token` and a colon and it.

        Raises:
            NotSignedIn: nobody known, or not yet.
        """
        transport = request.transport
        if transport is None:
            raise NotSignedIn
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        match kind.lower():
            case "ntlm":
                return self._ntlm(transport, shown)
            case "basic":
                return self._basic(shown)
            case "bearer" if self._provider.tokens.mailbox_of(shown, "anybody") is not None:
                return f"token:{shown}"
            case "" if transport in self._connected:
                return self._connected[transport]
        raise NotSignedIn

    def _basic(self, shown: str) -> str:
        try:
            name, _, word = base64.b64decode(shown, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise NotSignedIn from None
        if self._users.get(name.lower()) != word:
            raise NotSignedIn
        return name

    def _ntlm(self, transport: asyncio.Transport, shown: str) -> str:
        """Take the next step of MS-NLMP's handshake, which signs in a whole connection."""
        self._connected.pop(transport, None)
        with _users_file(self._provider.config.users):
            try:
                context = self._under_way.get(transport) or spnego.server(
                    protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm
                )
                token = context.step(base64.b64decode(shown, validate=True))
            except (LookupError, SpnegoError, ValueError, struct.error):
                self._under_way.pop(transport, None)
                raise NotSignedIn from None
        if not context.complete:
            self._under_way[transport] = context
            raise NotSignedIn(f"NTLM {base64.b64encode(token or b'').decode()}")
        self._under_way.pop(transport, None)
        self._connected[transport] = str(context.client_principal)
        return self._connected[transport]


@contextmanager
def _users_file(users: dict[str, str]) -> Iterator[None]:
    """Show pyspnego the users, in the only way that it looks for them."""
    before = os.environ.get(_USERS_FILE)
    with TemporaryDirectory() as directory:
        file = Path(directory) / "users"
        file.write_text("".join(_line(name, word) for name, word in users.items()))
        os.environ[_USERS_FILE] = str(file)
        try:
            yield
        finally:
            os.environ.pop(_USERS_FILE)
            if before is not None:
                os.environ[_USERS_FILE] = before


def _line(name: str, word: str) -> str:
    domain, backslash, user = name.rpartition("\\")
    return f"{domain if backslash else ''}:{user}:{word}\n"
