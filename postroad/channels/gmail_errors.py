"""From what the Gmail API answers, or fails to answer, to the taxonomy.

developers.google.com/workspace/gmail/api/guides/handle-errors names the statuses and reasons;
what each of them means for a message is decided here.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    AuthorisationLost,
    ChannelError,
    MessageRefused,
    Misconfigured,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from postroad.channels.tokens import answered_at, seconds_of

_RETRY_AFTER = re.compile(r"retry after (\d{4}-\d\d-\d\dT[\d:.]{8,15}Z)", re.IGNORECASE)
_LONG_QUOTA = re.compile(r"\(mail sending\)|per day|daily", re.IGNORECASE)

_QUOTA = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg", "quotaExceeded"})
_RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
"""The Gmail API is switched off in the Google Cloud project."""
_UNFIT = frozenset({"failedPrecondition", "FAILED_PRECONDITION"})
"""The account has no Gmail, or may not use it so."""

_UNAUTHORISED, _FORBIDDEN, _NOT_FOUND, _TIMEOUT, _CONFLICT, _TOO_MANY, _SERVER = (
    401, 403, 404, 408, 409, 429, 500,
)  # fmt: skip


class NotThere(Transient):
    """What a request is about does not exist, or not any more: nothing happened."""


def refusal(status: int, headers: Mapping[str, str], body: object, *, sends: bool) -> ChannelError:
    """Say what an answer other than 2xx means.

    Args:
        status: its HTTP status.
        headers: its headers.
        body: its JSON, where it had any.
        sends: whether the request was to send a message.
    """
    error = _error_of(body)
    reasons = frozenset(_reasons(error))
    said = str(error.get("message") or "no reason given")
    words = f"Gmail answered {status}{_in_brackets(reasons)}: {said}"
    kind = _kind(status, reasons, said, sends=sends)
    return kind(words, code=status, retry_after=_wait(headers, said))


def failure(error: Exception, *, sends: bool) -> ChannelError:
    """Say what it means that there was no answer, or none that makes sense.

    Only what fails before a connection stands is certain: afterwards a message may have left.
    """
    name = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return Misconfigured(f"Gmail cannot be reached: no TLS that can be trusted ({name})")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Transient(f"Gmail cannot be reached ({name})")
    words = "did not answer in time" if isinstance(error, TimeoutError) else f"failed ({name})"
    return _unanswered(sends=sends)(f"the connection to Gmail {words}")


def nonsense(*, sends: bool) -> ChannelError:
    """Return what a success without the JSON that belongs to it means."""
    return _unanswered(sends=sends)("Gmail's answer was cut off or makes no sense")


@contextmanager
def sensible() -> Iterator[None]:
    """Take answers that are JSON, but not of the form that the API has, for a passing fault."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError):
        raise nonsense(sends=False) from None


def _unanswered(*, sends: bool) -> type[ChannelError]:
    return Ambiguous if sends else Transient


def _kind(status: int, reasons: frozenset[str], said: str, *, sends: bool) -> type[ChannelError]:
    """Choose by the first row that applies."""
    limited = status == _TOO_MANY or bool(reasons & _RATE)
    rows: tuple[tuple[object, type[ChannelError]], ...] = (
        (status >= _SERVER or status == _TIMEOUT, _unanswered(sends=sends)),
        (reasons & _QUOTA or (limited and _LONG_QUOTA.search(said)), QuotaExhausted),
        (limited, RateLimited),
        (status == _UNAUTHORISED, AuthorisationLost),
        (reasons & _OFF, Misconfigured),
        (status == _FORBIDDEN or reasons & _UNFIT, AccountRefused),
        (status == _NOT_FOUND, NotThere),
        (status == _CONFLICT, Transient),
    )
    return next((kind for applies, kind in rows if applies), MessageRefused)


def _wait(headers: Mapping[str, str], said: str) -> timedelta | None:
    """Return the wait of the Retry-After header, else of the words."""
    found = _RETRY_AFTER.search(said)
    if (wait := seconds_of(headers)) is not None or found is None:
        return wait
    try:
        return max(datetime.fromisoformat(found[1]) - answered_at(headers), timedelta(0))
    except ValueError:
        return None


def _error_of(body: object) -> Mapping[str, Any]:
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _reasons(error: Mapping[str, Any]) -> Iterator[str]:
    """Yield every reason that an error names, in the older form and in the newer."""
    for place in ("errors", "details"):
        given = error.get(place)
        for entry in given if isinstance(given, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("reason"), str):
                yield entry["reason"]
    if isinstance(error.get("status"), str):
        yield error["status"]


def _in_brackets(reasons: frozenset[str]) -> str:
    return f" ({', '.join(sorted(reasons))})" if reasons else ""
