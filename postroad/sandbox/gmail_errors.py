"""How the Gmail API says no: the JSON bodies that its clients look into.

developers.google.com/workspace/gmail/api/guides/handle-errors has the statuses and reasons.
"""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from aiohttp import web

_A_MINUTE = 60

_WORDS = {
    HTTPStatus.BAD_REQUEST: "INVALID_ARGUMENT",
    HTTPStatus.UNAUTHORIZED: "UNAUTHENTICATED",
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.TOO_MANY_REQUESTS: "RESOURCE_EXHAUSTED",
}


class GmailRefusal(Exception):
    """A request that is refused."""

    def __init__(
        self, status: HTTPStatus, reason: str, words: str, *, domain: str = "global"
    ) -> None:
        self.status = status
        self._reason = reason
        self._domain = domain
        super().__init__(words)

    def answer(self) -> web.Response:
        """Return the answer that says so."""
        words = str(self)
        body = {
            "error": {
                "code": self.status.value,
                "message": words,
                "errors": [{"message": words, "domain": self._domain, "reason": self._reason}],
                "status": _WORDS[self.status],
            }
        }
        return web.json_response(body, status=self.status.value)


def unauthenticated() -> GmailRefusal:
    """Return the refusal of a token that is none, or no longer."""
    return GmailRefusal(HTTPStatus.UNAUTHORIZED, "authError", "Invalid Credentials")


def out_of_scope() -> GmailRefusal:
    """Return the refusal of a token that is good for other things."""
    words = "Request had insufficient authentication scopes."
    return GmailRefusal(HTTPStatus.FORBIDDEN, "insufficientPermissions", words)


def invalid(words: str) -> GmailRefusal:
    """Return the refusal of a request that makes no sense."""
    return GmailRefusal(HTTPStatus.BAD_REQUEST, "invalidArgument", words)


def not_found() -> GmailRefusal:
    """Return the refusal of a request about something that is not there."""
    return GmailRefusal(HTTPStatus.NOT_FOUND, "notFound", "Requested entity was not found.")


def too_many(seconds: int) -> GmailRefusal:
    """Return the refusal to send now; a long wait is the mailbox's quota, a short one the pace."""
    again = datetime.now(UTC) + timedelta(seconds=seconds)
    words = f"User-rate limit exceeded.  Retry after {again:%Y-%m-%dT%H:%M:%S}.000Z"
    if seconds > _A_MINUTE:
        words += " (Mail sending)"
    return GmailRefusal(
        HTTPStatus.TOO_MANY_REQUESTS, "rateLimitExceeded", words, domain="usageLimits"
    )
