"""Fields that the settings of several servers share."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, FilePath

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?|[0-9A-Fa-f:]+")
_ENVELOPE_ADDRESS = re.compile(r"[^\s<>@\"\x00-\x1f\x7f]+@[^\s<>@\"\x00-\x1f\x7f]+")


def _check_host(host: str) -> str:
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is no host name: write for instance mail.example.com")
    return host


def _check_address(address: str) -> str:
    if not _ENVELOPE_ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is no email address")
    return address


HostName = Annotated[str, AfterValidator(_check_host)]
"""A server's name or IP address."""

EnvelopeAddress = Annotated[str, AfterValidator(_check_address)]
"""An address with nothing in it that could end an SMTP command."""

CaFile = Annotated[FilePath, AfterValidator(Path.absolute)]
"""Authorities in PEM, trusted beside the system's: for a server with a private one."""
