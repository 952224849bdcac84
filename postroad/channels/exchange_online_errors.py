"""From what Microsoft Graph answers, or fails to answer, to the taxonomy.

learn.microsoft.com/graph/errors and the Outlook error codes name what can come; what each of them
means for a message is decided here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    AuthorisationLost,
    ChannelError,
    MessageRefused,
    Misconfigured,
    QuotaExhausted,
    RateLimited,
    RecipientRefused,
    Transient,
)
from postroad.channels.tokens import seconds_of

_UNAUTHORISED, _FORBIDDEN, _NOT_FOUND, _TIMEOUT, _CONFLICT, _GONE, _LOCKED, _TOO_MANY, _SERVER = (
    401, 403, 404, 408, 409, 410, 423, 429, 500,
)  # fmt: skip
_REFUSED, _UNAVAILABLE = 400, 503


class NotThere(Transient):
    """What a request is about does not exist, or not any more: nothing happened."""


class CursorTooOld(Transient):
    """Where a reading wanted to go on is forgotten: it has to begin anew."""


_MEANINGS: tuple[tuple[type[ChannelError], frozenset[str]], ...] = (
    (
        QuotaExhausted,
        frozenset({
            "ErrorExceededMessageLimit", "ErrorSubmissionQuotaExceeded", "ErrorQuotaExceeded",
        }),
    ),
    (RecipientRefused, frozenset({"ErrorInvalidRecipients", "ErrorMailRecipientNotFound"})),
    (
        AccountRefused,
        frozenset({
            "ErrorAccessDenied", "ErrorSendAsDenied", "ErrorMessageSubmissionBlocked",
            "ErrorAccountSuspend", "ErrorNonExistentMailbox", "MailboxNotEnabledForRESTAPI",
            "MailboxNotSupportedForRESTAPI",
        }),
    ),
    (Misconfigured, frozenset({"ErrorInvalidUser", "Request_ResourceNotFound"})),
)  # fmt: skip
"""By the code that an error names. A full mailbox cannot keep a draft, and so cannot send."""

_TOO_OLD = frozenset({"SyncStateNotFound", "ErrorInvalidSyncStateData", "ResyncRequired"})


def refusal(answer: httpx.Response, *, sends: bool, carries: bool) -> ChannelError:
    """Say what an answer other than 2xx means.

    Args:
        answer: what came.
        sends: whether the request was to send a message.
        carries: whether the message, or a part of it, was in the request or is sent by it; only
            then can it be at fault.
    """
    error = _error_of(answer)
    code = str(error.get("code") or "")
    said = str(error.get("message") or "no reason given")
    words = f"Microsoft Graph answered {answer.status_code}{f' ({code})' if code else ''}: {said}"
    kind = _kind(answer, code, sends=sends) or (MessageRefused if carries else Transient)
    return kind(words, code=answer.status_code, retry_after=seconds_of(answer.headers))


def failure(error: Exception, *, sends: bool) -> ChannelError:
    """Say what it means that there was no answer, or none that makes sense.

    Only what fails before a connection stands is certain: afterwards a message may have left.
    """
    name = type(error).__name__
    if isinstance(error, httpx.ConnectError) and "certificate" in str(error).lower():
        return Misconfigured(f"Microsoft Graph cannot be reached: no TLS to be trusted ({name})")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return Transient(f"Microsoft Graph cannot be reached ({name})")
    late = isinstance(error, TimeoutError | httpx.TimeoutException)
    words = "did not answer in time" if late else f"failed ({name})"
    return _unanswered(sends=sends)(f"the connection to Microsoft Graph {words}")


def nonsense() -> ChannelError:
    """Say what an answer of another form than the API's means."""
    return Transient("Microsoft Graph answered something that makes no sense")


@contextmanager
def sensible() -> Iterator[None]:
    """Take answers that are JSON, but not of the form that the API has, for a passing fault."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError):
        raise nonsense() from None


def _unanswered(*, sends: bool) -> type[ChannelError]:
    return Ambiguous if sends else Transient


def _kind(answer: httpx.Response, code: str, *, sends: bool) -> type[ChannelError] | None:
    """Choose by the code first, since Exchange gives several of them under various statuses."""
    status = answer.status_code
    by_code = next((kind for kind, codes in _MEANINGS if code in codes), None)
    waits = status == _UNAVAILABLE and seconds_of(answer.headers) is not None
    rows: tuple[tuple[object, type[ChannelError]], ...] = (
        # Not Microsoft's words, but those of something between us.
        (status < _REFUSED, _unanswered(sends=sends)),
        (by_code is QuotaExhausted, QuotaExhausted),
        ((status >= _SERVER or status == _TIMEOUT) and sends, Ambiguous),
        (status == _TOO_MANY or waits, RateLimited),
        (status >= _SERVER or status == _TIMEOUT, Transient),
        (status == _GONE or code in _TOO_OLD, CursorTooOld),
        (status == _UNAUTHORISED, AuthorisationLost),
        (by_code is not None, by_code or Transient),
        (status == _FORBIDDEN, AccountRefused),
        (status == _NOT_FOUND, NotThere),
        (status in (_CONFLICT, _LOCKED), Transient),
    )
    return next((kind for applies, kind in rows if applies), None)


def _error_of(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}
