"""How Microsoft Graph says no: the JSON that its clients look into.

learn.microsoft.com/graph/errors has the form; the codes are those of Outlook's part of Graph.
"""

import uuid
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web


class GraphRefusal(Exception):
    """A request that is refused."""

    def __init__(
        self, status: HTTPStatus, code: str, words: str, *, retry_after: int | None = None
    ) -> None:
        self.status = status
        self._code = code
        self._retry_after = retry_after
        super().__init__(words)

    def answer(self) -> web.Response:
        """Return the answer that says so."""
        number = str(uuid.uuid4())
        error = {
            "code": self._code,
            "message": str(self),
            "innerError": {
                "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}",
                "request-id": number,
                "client-request-id": number,
            },
        }
        headers = {"request-id": number}
        if self._retry_after is not None:
            headers["Retry-After"] = str(self._retry_after)
        return web.json_response({"error": error}, status=self.status.value, headers=headers)


def unauthenticated() -> GraphRefusal:
    """Return the refusal of a token that is none, or no longer."""
    words = "Lifetime validation failed, the token is expired."
    return GraphRefusal(HTTPStatus.UNAUTHORIZED, "InvalidAuthenticationToken", words)


def denied() -> GraphRefusal:
    """Return the refusal of a token that is good for other things, or other mailboxes."""
    words = "Access is denied. Check credentials and try again."
    return GraphRefusal(HTTPStatus.FORBIDDEN, "ErrorAccessDenied", words)


def invalid_user(user: str) -> GraphRefusal:
    """Return the refusal of a mailbox that the tenant does not have."""
    words = f"The requested user '{user}' is invalid."
    return GraphRefusal(HTTPStatus.NOT_FOUND, "ErrorInvalidUser", words)


def not_found() -> GraphRefusal:
    """Return the refusal of a request about something that is not there."""
    words = "The specified object was not found in the store."
    return GraphRefusal(HTTPStatus.NOT_FOUND, "ErrorItemNotFound", words)


def invalid(words: str, code: str = "RequestBodyRead") -> GraphRefusal:
    """Return the refusal of a request that makes no sense."""
    return GraphRefusal(HTTPStatus.BAD_REQUEST, code, words)


def no_recipients() -> GraphRefusal:
    """Return the refusal of a message for nobody, or for something that is no address."""
    words = "At least one recipient is not valid."
    return invalid(words, "ErrorInvalidRecipients")


def too_large() -> GraphRefusal:
    """Return the refusal of a request above 4 MB."""
    words = "The request is larger than what is allowed."
    return GraphRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", words)


def too_old() -> GraphRefusal:
    """Return the refusal to go on from a state that is forgotten."""
    words = "The sync state generation is not found."
    return GraphRefusal(HTTPStatus.GONE, "SyncStateNotFound", words)


def too_many_at_once() -> GraphRefusal:
    """Return the refusal of a fifth request beside four."""
    words = "Application is over its MailboxConcurrency limit."
    return GraphRefusal(HTTPStatus.TOO_MANY_REQUESTS, "ApplicationThrottled", words, retry_after=1)


def too_many_today(seconds: int) -> GraphRefusal:
    """Return the refusal to send more before the day is over."""
    words = "The account has exceeded its daily message limit."
    return GraphRefusal(
        HTTPStatus.TOO_MANY_REQUESTS, "ErrorExceededMessageLimit", words, retry_after=seconds
    )
