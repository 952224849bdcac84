"""Whom a channel trusts when it opens a TLS connection."""

import ssl
from pathlib import Path

from postroad.channels.base import Misconfigured


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificates and host names, always.

    Args:
        ca_file: authorities in PEM to trust beside the system's.

    Raises:
        Misconfigured: ca_file is no file of certificates.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError):
            raise Misconfigured(
                f"ca_file {ca_file} cannot be read as certificates: it must hold PEM"
            ) from None
    return context
