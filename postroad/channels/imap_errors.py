"""From what an IMAP server refuses, or fails to answer, to the taxonomy."""

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto
from imaplib import IMAP4

from imap_tools import ImapToolsError, UnexpectedCommandStatusError

from postroad.channels.base import (
    AccountRefused,
    AuthorisationLost,
    ChannelError,
    Misconfigured,
    RateLimited,
    Transient,
)
from postroad.channels.imap_settings import ImapSettings
from postroad.channels.network_errors import tls_trouble, trouble


class Stage(Enum):
    """How far a session has come."""

    OPENING = auto()
    SIGN_IN = auto()
    READING = auto()


_BY_CODE: Mapping[str, type[ChannelError]] = {
    "UNAVAILABLE": Transient,
    "AUTHENTICATIONFAILED": AuthorisationLost,
    "AUTHORIZATIONFAILED": AccountRefused,
    "EXPIRED": AuthorisationLost,
    "PRIVACYREQUIRED": Misconfigured,
    "CONTACTADMIN": AccountRefused,
    "INUSE": Transient,
    "SERVERBUG": Transient,
    "LIMIT": RateLimited,
}
"""RFC 5530, 3."""
_CODE = re.compile(r"\[([A-Z]+)[\]\s]")
_TOO_MANY = re.compile(
    r"too (many|fast|frequent)|maximum number|throttl|rate.?limit", re.IGNORECASE
)


@contextmanager
def sensible(settings: ImapSettings, stage: Stage) -> Iterator[None]:
    """Say what goes wrong within the block in the taxonomy's words.

    The libraries below trust what a server answers: what they stumble over is nonsense of its.
    """
    try:
        yield
    except UnexpectedCommandStatusError as error:
        raise _refusal(_words(error.command_result[1]), stage, settings) from None
    except IMAP4.abort as error:
        raise _refusal(f"the connection was lost ({error})", Stage.READING, settings) from None
    except IMAP4.error as error:
        raise _refusal(_words(error.args), stage, settings) from None
    except OSError as error:
        raise _failure(error, stage, settings) from None
    except (ImapToolsError, ValueError, LookupError):
        raise Transient(f"{_where(settings)} answers nonsense") from None


def _refusal(words: str, stage: Stage, settings: ImapSettings) -> ChannelError:
    named = _CODE.search(words)
    kind = None if named is None else _BY_CODE.get(named[1])
    if kind is None and _TOO_MANY.search(words):
        kind = RateLimited
    if kind is None:
        kind = AuthorisationLost if stage is Stage.SIGN_IN else Transient
    told = words.replace(settings.password.get_secret_value(), "***")
    return kind(f"{_where(settings)}: {told}")


def _failure(error: OSError, stage: Stage, settings: ImapSettings) -> ChannelError:
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    if isinstance(error, ssl.SSLError) and stage is Stage.OPENING and not ended:
        at_once = settings.tls == "implicit"
        return Misconfigured(tls_trouble(error, settings.host, settings.port, at_once=at_once))
    return Transient(trouble(error, settings.host, settings.port))


def _where(settings: ImapSettings) -> str:
    return f"{settings.host} port {settings.port} (IMAP)"


def _words(told: Iterable[object]) -> str:
    """Return what imaplib makes of an answer's text: bytes in most places, but not in all."""
    parts = (one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in told)
    return " ".join(str(part) for part in parts if part)
