"""From what Exchange Web Services answer, or fail to answer, to the taxonomy.

learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode has the codes;
what each of them means for a message is decided here.
"""

import ssl
from collections.abc import Iterator
from datetime import timedelta

import requests
from exchangelib.errors import EWSError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

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


class NotThere(Transient):
    """An item or a folder does not exist, or not any more: nothing happened."""


class SyncStateExpired(Transient):
    """The server no longer knows the state that a folder was read up to."""


class Refused(Exception):
    """A response code other than NoError, or a SOAP fault."""

    def __init__(self, code: str, words: str, back_off: timedelta | None = None) -> None:
        """Keep what was answered.

        Args:
            code: the response code, or the fault code where there is none.
            words: what goes with it.
            back_off: the BackOffMilliseconds, where they were given.
        """
        self.code = code
        self.words = words
        self.back_off = back_off
        super().__init__(code)


class HttpRefused(Exception):
    """An HTTP status that brings no SOAP."""

    def __init__(
        self,
        status: int,
        words: str,
        wait: timedelta | None = None,
        *,
        of_sign_in: bool = False,
    ) -> None:
        """Keep what was answered.

        Args:
            status: the HTTP status.
            words: what is known about it.
            wait: the Retry-After, where it was given.
            of_sign_in: whether it says that the account may not sign in.
        """
        self.status = status
        self.words = words
        self.wait = wait
        self.of_sign_in = of_sign_in
        super().__init__(status)


class Nonsense(Exception):
    """A success without the XML that belongs to it."""


_MEANINGS: dict[type[ChannelError], frozenset[str]] = {
    RateLimited: frozenset(
        {"ErrorServerBusy", "ErrorExceededConnectionCount", "ErrorTooManyObjectsOpened"}
    ),
    QuotaExhausted: frozenset(
        {"ErrorSubmissionQuotaExceeded", "ErrorQuotaExceeded", "ErrorExceededMessageLimit"}
    ),
    Transient: frozenset(
        {
            "ErrorADUnavailable", "ErrorADOperation", "ErrorADSessionFilter",
            "ErrorConnectionFailed", "ErrorConnectionFailedTransientError",
            "ErrorInsufficientResources", "ErrorMailboxFailover", "ErrorMailboxMoveInProgress",
            "ErrorMailboxStoreUnavailable",
        }
    ),
    AuthorisationLost: frozenset({"ErrorPasswordExpired", "ErrorPasswordChangeRequired"}),
    AccountRefused: frozenset(
        {
            "ErrorAccessDenied", "ErrorAccountDisabled", "ErrorClientDisabled",
            "ErrorImpersonateUserDenied", "ErrorImpersonationDenied", "ErrorMailboxConfiguration",
            "ErrorMissingEmailAddress", "ErrorNonExistentMailbox", "ErrorNonPrimarySmtpAddress",
            "ErrorSendAsDenied",
        }
    ),
    RecipientRefused: frozenset({"ErrorInvalidRecipients", "ErrorMailRecipientNotFound"}),
    MessageRefused: frozenset(
        {
            "ErrorAttachmentSizeLimitExceeded", "ErrorContentConversionFailed",
            "ErrorMessageSizeExceeded", "ErrorMimeContentConversionFailed",
            "ErrorMimeContentInvalid", "ErrorMimeContentInvalidBase64String",
            "ErrorMissingRecipients",
        }
    ),
    Misconfigured: frozenset(
        {
            "ErrorImpersonationFailed", "ErrorIncorrectSchemaVersion",
            "ErrorInvalidExchangeImpersonationHeaderData", "ErrorInvalidRequest",
            "ErrorInvalidSchemaVersionForMailboxVersion", "ErrorInvalidServerVersion",
            "ErrorSchemaValidation",
        }
    ),
    NotThere: frozenset({"ErrorFolderNotFound", "ErrorItemNotFound", "ErrorSyncFolderNotFound"}),
    SyncStateExpired: frozenset({"ErrorInvalidSyncStateData"}),
}  # fmt: skip
"""What certainly kept a message from leaving. Any other code leaves it in doubt."""
_KIND = {code: kind for kind, codes in _MEANINGS.items() for code in codes}

_NO_TLS = frozenset(
    {
        "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)  # fmt: skip
"""OpenSSL's reasons that only come before TLS stands."""

_BAD_REQUEST, _UNAUTHORISED, _FORBIDDEN, _TIMEOUT, _TOO_LARGE, _TOO_MANY, _UNAVAILABLE = (
    400, 401, 403, 408, 413, 429, 503,
)  # fmt: skip
_SERVER = 500


def meaning(error: Exception, *, sends: bool) -> ChannelError:
    """Say what it means that a request failed.

    Args:
        error: what the request ended with.
        sends: whether it was to send a message.
    """
    if isinstance(error, Refused):
        kind = _KIND.get(error.code, _unanswered(sends=sends))
        words = f"Exchange answered {error.code}: {error.words or 'no reason given'}"
        return kind(words, retry_after=error.back_off)
    if isinstance(error, HttpRefused):
        kind = _kind_of_status(error, sends=sends)
        words = f"Exchange answered HTTP {error.status}: {error.words}"
        return kind(words, code=error.status, retry_after=error.wait)
    return _failure(error, sends=sends)


def _kind_of_status(error: HttpRefused, *, sends: bool) -> type[ChannelError]:
    """Choose by the first row that applies."""
    status = error.status
    rows: tuple[tuple[bool, type[ChannelError]], ...] = (
        (error.of_sign_in, AuthorisationLost),
        (status == _TOO_MANY, RateLimited),
        (status == _UNAVAILABLE and error.wait is not None, RateLimited),
        (status == _UNAVAILABLE, Transient),
        (status >= _SERVER or status == _TIMEOUT, _unanswered(sends=sends)),
        (status == _UNAUTHORISED, AuthorisationLost),
        (status == _FORBIDDEN, AccountRefused),
        (sends and status in (_BAD_REQUEST, _TOO_LARGE), MessageRefused),
    )
    return next((kind for applies, kind in rows if applies), Misconfigured)


def _failure(error: Exception, *, sends: bool) -> ChannelError:
    """Only what fails before a connection stands is certain: afterwards a message may have left."""
    causes = tuple(_causes(error))
    name = type(causes[-1]).__name__
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        words = "the server's certificate cannot be trusted: ca_file names a private authority"
        return Misconfigured(f"Exchange cannot be reached: {words}")
    if any(isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS for cause in causes):
        return Misconfigured(f"Exchange cannot be reached: no TLS that both sides speak ({name})")
    if any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in causes):
        return Transient(f"Exchange cannot be reached ({name})")
    if isinstance(error, Nonsense | EWSError) and not _is_of_the_network(causes):
        return _unanswered(sends=sends)("Exchange's answer was cut off or makes no sense")
    if any(isinstance(cause, TimeoutError | requests.Timeout) for cause in causes):
        return _unanswered(sends=sends)("Exchange did not answer in time")
    return _unanswered(sends=sends)(f"the connection to Exchange failed ({name})")


def _unanswered(*, sends: bool) -> type[ChannelError]:
    return Ambiguous if sends else Transient


def _is_of_the_network(causes: tuple[BaseException, ...]) -> bool:
    return any(isinstance(cause, OSError) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it: libraries put it in either place, or in the arguments."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        led_here = (found.__cause__, found.__context__, getattr(found, "reason", None), *found.args)
        waiting += [cause for cause in led_here if isinstance(cause, BaseException)]
