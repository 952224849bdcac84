"""Connecting to the Temporal server that the settings name."""

import asyncio
import json
from pathlib import Path

from temporalio.client import Client, Interceptor, TLSConfig
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime

from operations.connection_faults import NoConnection, no_connection
from operations.payload_codec import encrypting_converter
from postroad.secrets import secret_box
from postroad.settings import DEFAULT_TEMPORAL_ADDRESS, Settings

RUNTIME_FILE = "runtime.json"
"""Kept in the data directory by `postroad up` while it runs."""

_PATIENCE_SECONDS = 15


async def connect(settings: Settings, runtime: Runtime | None = None) -> Client:
    """Connect to Temporal; what is asked of it is traced where the settings say so.

    Args:
        settings: where it is.
        runtime: what works for it; Temporal's usual one where none is given.

    Raises:
        NoConnection: no server answers at the address, or it and we do not trust each other,
            or a certificate's file cannot be read.
        SecretKeyError: payloads are to be encrypted, and there is no usable key.
    """
    address = temporal_address(settings)
    temporal = settings.temporal
    try:
        return await asyncio.wait_for(
            Client.connect(
                address,
                namespace=temporal.namespace,
                api_key=temporal.api_key.get_secret_value() if temporal.api_key else None,
                tls=await asyncio.to_thread(_tls, settings),
                data_converter=await asyncio.to_thread(payload_converter, settings),
                interceptors=await asyncio.to_thread(_interceptors, settings),
                runtime=runtime,
            ),
            _PATIENCE_SECONDS,
        )
    except (RuntimeError, TimeoutError) as error:
        raise no_connection(address, error) from None


def _interceptors(settings: Settings) -> list[Interceptor]:
    if not settings.tracing.endpoint:
        return []
    from operations.tracing import tracing_interceptors  # noqa: PLC0415 - slow to import

    return [*tracing_interceptors(settings.tracing)]


def payload_converter(settings: Settings) -> DataConverter:
    """Return how payloads are written, and encrypted where the settings say so.

    Raises:
        SecretKeyError: they are to be encrypted, and there is no usable key.
    """
    if settings.temporal.encrypt_payloads:
        return encrypting_converter(secret_box(settings))
    return pydantic_data_converter


def temporal_address(settings: Settings) -> str:
    """Return the address that is set, else that of the running `postroad up`, else the default."""
    if settings.temporal.address:
        return settings.temporal.address
    return _of_running_stack(settings, "temporal_address") or DEFAULT_TEMPORAL_ADDRESS


def console_address(settings: Settings) -> str:
    """Return the host and port of the running `postroad up`'s console, else those that are set."""
    return _of_running_stack(settings, "console") or settings.console.bind


def web_ui(settings: Settings) -> str:
    """Return where Temporal's web UI is; empty where that is not known."""
    return settings.console.temporal_ui or _of_running_stack(settings, "web_ui")


def _of_running_stack(settings: Settings, name: str) -> str:
    """Return what the running `postroad up` says of itself; empty where none runs."""
    try:
        runtime = json.loads((settings.data_dir / RUNTIME_FILE).read_text())
        return str(runtime[name])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _tls(settings: Settings) -> TLSConfig | bool:
    temporal = settings.temporal
    if not temporal.has_tls_of_its_own:
        return temporal.tls or temporal.api_key is not None
    return TLSConfig(
        server_root_ca_cert=_read(temporal.server_ca),
        domain=temporal.server_name or None,
        client_cert=_read(temporal.client_cert),
        client_private_key=_read(temporal.client_key),
    )


def _read(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path else None
    except OSError as error:
        words = f"cannot read {path}: {error.strerror}"
        raise NoConnection(words, "correct the temporal setting that names it") from None
