"""Why there is no connection to Temporal: what its SDK says, in words with the way out.

The SDK raises a RuntimeError for whatever keeps it from connecting, and tells the causes apart
only by words: those of its TLS library (rustls), of gRPC and of the operating system.
"""

from operations.refusal import Unavailable

_CAUSES = {
    "InvalidCertificate(UnknownIssuer": (
        "shows a certificate that nobody trusted here has signed",
        "set temporal.server_ca to the file of the authority that signed it",
    ),
    "InvalidCertificate(NotValidForName": (
        "shows a certificate for another name",
        "set temporal.server_name to the name in it",
    ),
    "InvalidCertificate(Expired": ("shows a certificate that has expired", "renew it there"),
    "InvalidCertificate": ("shows a certificate that is not valid", "look at it there"),
    "InvalidContentType": (
        "speaks no TLS",
        "unset temporal.tls, api_key and the certificates, or correct temporal.address",
    ),
    "ParseError": (
        "cannot be asked with what the certificate files hold",
        "temporal.client_cert, client_key and server_ca are files in PEM",
    ),
    "Unauthenticated": ("refuses us", "correct temporal.api_key or temporal.client_cert"),
    "PermissionDenied": (
        "refuses us",
        "correct temporal.api_key or client_cert, and temporal.namespace",
    ),
    # A connection that was cut shows as any of these, as fast as the server was.
    **dict.fromkeys(
        ("`get_system_info`", "ConnectionReset", "BrokenPipe", "UnexpectedEof"),
        (
            "hung up",
            "it may want TLS (temporal.tls) or a certificate of ours (client_cert, client_key)",
        ),
    ),
}
"""A word of the SDK's → what the server does, and the way out; the first that is there counts."""


class NoConnection(Unavailable):
    """No connection to Temporal, with the cause and the way out apart."""

    def __init__(self, words: str, way_out: str) -> None:
        """Take what is wrong, and what to do about it."""
        super().__init__(f"{words}: {way_out}")
        self.words = words
        self.way_out = way_out


def no_connection(address: str, error: Exception) -> NoConnection:
    """Translate what the SDK raised when it was to connect to an address."""
    told = str(error)
    for sign, (fault, way_out) in _CAUSES.items():
        if sign in told:
            return NoConnection(f"the Temporal server at {address} {fault}", way_out)
    return NoConnection(
        f"no Temporal server at {address}", "start `postroad up`, or set temporal.address"
    )


def create_namespace(name: str) -> str:
    """Say how a namespace that is missing comes to be."""
    return (
        f"`temporal operator namespace create --namespace {name}` creates it (Temporal Cloud: its "
        "console does), or correct temporal.namespace"
    )
