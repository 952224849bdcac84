"""Opening a connection to an IMAP server: connect, agree on TLS, sign in."""

from imaplib import IMAP4, IMAP4_SSL

from imap_tools import BaseMailBox

from postroad.channels.base import Misconfigured
from postroad.channels.imap_settings import ImapSettings
from postroad.channels.tls import trusting


class Box(BaseMailBox):
    """The library's mailbox over a connection that was opened here."""

    def __init__(self, client: IMAP4) -> None:
        self._opened = client
        super().__init__()

    def _get_mailbox_client(self) -> IMAP4:
        return self._opened


def connect(settings: ImapSettings) -> IMAP4:
    """Return a connection that was greeted; with implicit TLS, nobody else listens.

    Raises:
        IMAP4.error, OSError: it cannot be opened.
        Misconfigured: ca_file is no file of certificates.
    """
    timeout = settings.timeout.total_seconds()
    if settings.tls == "implicit":
        context = trusting(settings.ca_file)
        return IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=timeout)
    return IMAP4(settings.host, settings.port, timeout)


def secure(client: IMAP4, settings: ImapSettings) -> None:
    """Begin TLS where it does not run yet, and see that passwords may be given.

    Raises:
        IMAP4.error, OSError: no TLS was agreed on.
        Misconfigured: the server offers none, or wants it.
    """
    where = f"{settings.host} port {settings.port}"
    if settings.tls == "starttls":
        if "STARTTLS" not in client.capabilities:
            raise Misconfigured(f"{where} offers no STARTTLS: set tls: implicit and port: 993")
        client.starttls(trusting(settings.ca_file))
    if "LOGINDISABLED" in client.capabilities:
        raise Misconfigured(f"{where} takes no password without TLS: set tls: starttls")


def sign_in(box: Box, settings: ImapSettings) -> frozenset[str]:
    """Sign in; return what the server says that it can do (RFC 9051, 7.2.2).

    Raises:
        IMAP4.error, ImapToolsError, OSError: the server does not let us in.
    """
    username, password = settings.username, settings.password.get_secret_value()
    # LOGIN has room for ASCII only (RFC 9051, 6.2.3), SASL PLAIN for UTF-8 (RFC 4616).
    if "AUTH=PLAIN" in box.client.capabilities:
        box.login_utf8(username, password, initial_folder=None)
    else:
        box.login(username, password, initial_folder=None)
    told = box.client.response("CAPABILITY")[1][-1]
    return frozenset(told.decode("ascii", "replace").upper().split() if told else ())
