"""Requests over aiogoogle: one session for all of a mailbox's, each with an end in time.

aiogoogle is given a token for each request and never refreshes one itself: it would do so once
per waiting request, without a timeout. Nor does it raise for refusals: it shows the URL in them.
"""

# mypy: untyped-calls-exclude=aiogoogle

import asyncio
from typing import Any

import aiohttp
from aiogoogle.auth.creds import UserCreds
from aiogoogle.client import Aiogoogle
from aiogoogle.excs import AiogoogleError
from aiogoogle.models import Request, Response
from aiogoogle.sessions.aiohttp_session import AiohttpSession

from postroad.channels.gmail_errors import failure

_NEVER = "9999-12-31T00:00:00"
_CONNECT_SECONDS = 15.0
_IDLE_SECONDS = 15.0
_FAILURES = (
    aiohttp.ClientError,
    AiogoogleError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class GmailSession:
    """Asks Google; opens connections when they are needed, and closes them when they idle."""

    def __init__(self, seconds: float) -> None:
        """Prepare; nothing is connected yet.

        Args:
            seconds: how long a request may take.
        """
        self._seconds = seconds
        self._session: AiohttpSession | None = None
        self._under_way = 0
        self._closing: asyncio.Task[None] | None = None
        self._google: Any = Aiogoogle()

    async def ask(self, request: Request, token: str, *, sends: bool) -> Response:
        """Return whatever is answered.

        Args:
            request: what is asked.
            token: the access token.
            sends: whether it sends a message.

        Raises:
            ChannelError: nothing is answered, or nothing that can be read.
        """
        creds = UserCreds(access_token=token, expires_at=_NEVER)
        # Left to itself, aiogoogle opens a session for every task, and closes none.
        self._google.session_context.set(self._opened())
        self._under_way += 1
        try:
            async with asyncio.timeout(self._seconds):
                answer: Response = await self._google.as_user(
                    request,
                    user_creds=creds,
                    timeout=self._seconds,
                    full_res=True,
                    raise_for_status=False,
                )
        except _FAILURES as error:
            raise failure(error, sends=sends) from None
        finally:
            self._under_way -= 1
            self._close_later()
        return answer

    async def aclose(self) -> None:
        """Close every connection."""
        if self._closing is not None:
            self._closing.cancel()
        await self._close()

    def _opened(self) -> AiohttpSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
            self._session = AiohttpSession(timeout=timeout)
        return self._session

    def _close_later(self) -> None:
        """Close what nobody uses any more: a channel may be replaced without being closed."""
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.create_task(self._close_when_idle())

    async def _close_when_idle(self) -> None:
        await asyncio.sleep(_IDLE_SECONDS)
        if not self._under_way:
            await self._close()

    async def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
