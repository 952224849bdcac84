"""What keeps a server from being reached or trusted, in words, with the way out."""

import socket
import ssl

_WRONG_HOST = (62, 63, 64)
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)
_WRONG_DATE = (9, 10)
"""OpenSSL's X509_V_ERR codes (openssl verify(1))."""


def trouble(error: BaseException, host: str, port: int) -> str:
    """Say why a server cannot be reached, or no more."""
    where = f"{host} port {port}"
    match error:
        case socket.gaierror():
            return f"the host name {host} was not found"
        case ConnectionRefusedError():
            return f"{where} refuses connections"
        case TimeoutError():
            return f"{where} did not answer in time"
    return f"the connection to {where} was lost"


def tls_trouble(error: ssl.SSLError, host: str, port: int, *, at_once: bool) -> str:
    """Say why no TLS was agreed on.

    Args:
        error: what TLS says.
        host: the server's name.
        port: its port.
        at_once: TLS was to begin with the first byte.
    """
    where = f"{host} port {port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrust(error, host)
    if at_once:
        return f"{where} does not speak TLS from the first byte: set tls: starttls"
    return f"{where} and we agree on no TLS ({error.reason or error})"


def _distrust(error: ssl.SSLCertVerificationError, host: str) -> str:
    if error.verify_code in _WRONG_HOST:
        way_out = "set host to a name that the certificate holds"
    elif error.verify_code in _UNKNOWN_AUTHORITY:
        way_out = "set ca_file to its authority's certificate if it is your own server"
    elif error.verify_code in _WRONG_DATE:
        way_out = "its owner must renew it (or this machine's clock is wrong)"
    else:
        way_out = "ask the provider"
    reason = error.verify_message.rstrip(".")
    return f"the certificate of {host} is not to be trusted ({reason}): {way_out}"
