"""One thread's connection to an Exchange server, over exchangelib.

exchangelib signs in, speaks SOAP and knows the versions. It also waits, resends and tries other
versions by itself, and keeps connections in a cache for the whole process; none of that is used
here: one request is one request, and what it meets is said at once. Its timeout is a constant
of a class, so every channel has a class of its own.
"""

# mypy: untyped-calls-exclude=exchangelib

import base64
import binascii
import logging
import ssl
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import requests
from exchangelib.account import Identity
from exchangelib.configuration import Configuration
from exchangelib.credentials import DELEGATE, IMPERSONATION, Credentials
from exchangelib.ewsdatetime import UTC
from exchangelib.protocol import BaseProtocol, FailFast
from exchangelib.services.common import EWSAccountService
from exchangelib.transport import BASIC, NOAUTH, NTLM
from exchangelib.util import is_xml
from exchangelib.version import (
    EXCHANGE_2010,
    EXCHANGE_2010_SP2,
    EXCHANGE_2013,
    EXCHANGE_2013_SP1,
    EXCHANGE_2016,
    EXCHANGE_2019,
    Version,
)
from requests.adapters import HTTPAdapter

from postroad.channels.exchange_errors import HttpRefused, Nonsense, Refused
from postroad.channels.exchange_settings import ExchangeSettings
from postroad.channels.exchange_xml import ERRORS, TYPES, Element, text
from postroad.channels.tokens import seconds_of

# At error it logs whole requests, mail and all.
logging.getLogger("exchangelib").setLevel(logging.CRITICAL)

_OK, _SERVER_ERROR = 200, 500
_CAS_ERROR = "X-CasErrorCode"
_LOCKED_OUT = b"The referenced account is currently locked out"
"""How client access servers say that an account may not sign in."""
_BUILDS = {
    "2010": EXCHANGE_2010,
    "2010_SP2": EXCHANGE_2010_SP2,
    "2013": EXCHANGE_2013,
    "2013_SP1": EXCHANGE_2013_SP1,
    "2016": EXCHANGE_2016,
    "2019": EXCHANGE_2019,
}
_AUTH_TYPES = {"basic": BASIC, "ntlm": NTLM, "oauth": NOAUTH}
"""Bearer tokens are ours: exchangelib would fetch and refresh its own."""


class Desk:
    """One connection to one mailbox; whoever uses it must be alone.

    It is what exchangelib's services take for an account: its own opens a cached connection.
    """

    def __init__(self, settings: ExchangeSettings, address: str, context: ssl.SSLContext) -> None:
        """Prepare; nothing is connected yet.

        Args:
            settings: the channel's settings.
            address: the mailbox.
            context: whom to trust.
        """
        self.token: str | None = None
        """The bearer of the next request, for `auth: oauth`."""
        self.protocol = _protocol_class(settings)(_configuration(settings), self, context)
        self.version = self.protocol.config.version
        # An application has no mailbox of its own: it always acts for one.
        acts_for = settings.impersonate or settings.auth == "oauth"
        self.access_type = IMPERSONATION if acts_for else DELEGATE
        self.identity = Identity(primary_smtp_address=address)
        self.primary_smtp_address = address
        self.default_timezone = UTC
        self.affinity_cookie: str | None = None

    def ask(self, operation: str, payload: Element) -> list[Element]:
        """Make one request; return the response messages, in the order of what was asked for.

        Raises:
            Refused: there is a SOAP fault instead of them.
            HttpRefused: there is no SOAP.
            Exception: whatever the network and libraries raise.
        """
        return _service(operation)(account=self).ask(payload)

    def close(self) -> None:
        """Close the connection, where nobody uses it."""
        self.protocol.close()


class _OneRequest(EWSAccountService):  # type: ignore[misc]
    """An EWS operation that is asked for once, in the one version that is set."""

    def ask(self, payload: Element) -> list[Element]:
        """Return the response messages."""
        return list(self._get_response_xml(payload))

    def _api_versions_to_try(self) -> tuple[str, ...]:
        return (self._version_hint.api_version,)

    @classmethod
    def _raise_soap_errors(cls, fault: Element) -> None:
        code = fault.findtext(f"detail/{{{ERRORS}}}ResponseCode") or fault.findtext("faultcode")
        words = fault.findtext(f"detail/{{{ERRORS}}}Message") or fault.findtext("faultstring")
        if code is None:
            raise Nonsense
        code = code.strip().rpartition(":")[2]
        raise Refused(code, (words or "").strip(), back_off(fault))


@cache
def _service(operation: str) -> type[_OneRequest]:
    return type(operation, (_OneRequest,), {"SERVICE_NAME": operation})


def checked(message: Element) -> Element:
    """Return a response message that says NoError.

    Raises:
        Refused: it says something else.
        Nonsense: it says neither.
    """
    code = text(message, "m:ResponseCode")
    if code == "NoError" and message.get("ResponseClass") == "Success":
        return message
    if not code or code == "NoError":
        raise Nonsense
    inner = _value(message, "InnerErrorResponseCode")
    raise Refused(inner or code, text(message, "m:MessageText"), back_off(message))


def content_of(message: Element) -> bytes:
    """Return the whole content of the item in a response message.

    Raises:
        Refused: the message says that there is none.
        Nonsense: it makes no sense.
    """
    try:
        return base64.b64decode(text(checked(message), "m:Items/*/t:MimeContent"))
    except binascii.Error:
        raise Nonsense from None


def back_off(element: Element) -> timedelta | None:
    """Return the wait that a MessageXml below an element asks for.

    Servers that suggest 0 ms do not mean it: they only name no wait.
    """
    given = _value(element, "BackOffMilliseconds")
    milliseconds = int(given[:12]) if given.isascii() and given.isdecimal() else 0
    return timedelta(milliseconds=milliseconds) if milliseconds else None


def _value(element: Element, name: str) -> str:
    found = element.iterfind(f".//{{{TYPES}}}Value")
    return next(((one.text or "").strip() for one in found if one.get("Name") == name), "")


class _NoRetries(FailFast):  # type: ignore[misc]
    """Says what was answered, with the wait that goes with it."""

    def raise_response_errors(self, response: requests.Response) -> None:
        status = response.status_code
        if status == _OK or (status == _SERVER_ERROR and is_xml(response.content)):
            return
        wait = seconds_of({name.lower(): value for name, value in response.headers.items()})
        raise HttpRefused(status, _words_of(response), wait, of_sign_in=_is_of_sign_in(response))


def _is_of_sign_in(response: requests.Response) -> bool:
    return _CAS_ERROR in response.headers or _LOCKED_OUT in response.content


def _words_of(response: requests.Response) -> str:
    if _CAS_ERROR in response.headers:
        return f"the client access server says {response.headers[_CAS_ERROR]}"
    if _LOCKED_OUT in response.content:
        return "the account is locked out"
    if response.is_redirect:
        return f"the server sends us elsewhere, to {response.headers['Location']}"
    return response.reason or "no reason given"


def _configuration(settings: ExchangeSettings) -> Configuration:
    credentials = None
    if settings.username is not None and settings.password is not None and settings.auth != "oauth":
        credentials = Credentials(settings.username, settings.password.get_secret_value())
    return Configuration(
        credentials=credentials,
        service_endpoint=settings.server,
        auth_type=_AUTH_TYPES[settings.auth],
        version=Version(_BUILDS[settings.version]),
        retry_policy=_NoRetries(),
        max_connections=1,
    )


class _Protocol(BaseProtocol):  # type: ignore[misc]
    """A protocol that is in no cache, asks no environment, and trusts whom we say."""

    USERAGENT = "Postroad"

    def __init__(self, config: Configuration, desk: Desk, context: ssl.SSLContext) -> None:
        super().__init__(config)
        self._desk = desk
        self._context = context

    def get_auth_type(self) -> str:
        """Never asked for: the settings name it."""
        raise AssertionError("auth_type is always set")

    def create_session(self) -> requests.Session:
        session: requests.Session = super().create_session()
        # REQUESTS_CA_BUNDLE and proxies in the environment would override what is set here.
        session.trust_env = False
        session.mount(self.service_endpoint, _Adapter(self._context))
        if self.auth_type == NOAUTH:
            session.auth = _Bearer(self._desk)
        return session


def _protocol_class(settings: ExchangeSettings) -> type[_Protocol]:
    return type("ChannelProtocol", (_Protocol,), {"TIMEOUT": settings.timeout.total_seconds()})


class _Bearer(requests.auth.AuthBase):
    """Shows the token of the moment (RFC 6750, 2.1)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._desk.token}"
        return request


class _Adapter(HTTPAdapter):
    """One connection, whose certificate the given context alone decides about."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=1, pool_block=True, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def cert_verify(
        self,
        conn: Any,  # noqa: ANN401
        url: str,  # noqa: ARG002
        verify: bool | str,  # noqa: ARG002, FBT001
        cert: str | tuple[str, str] | Mapping[str, str] | None,  # noqa: ARG002
    ) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
