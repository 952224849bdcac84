"""What Temporal's core counts in a process: it shows it on a port, and we show it with ours."""

import socket

import httpx
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

_TRIES = 5
_SECONDS = 2.0


class TemporalMetrics:
    """A Temporal runtime that counts, on a free port of loopback."""

    def __init__(self) -> None:
        """Start the runtime.

        Raises:
            RuntimeError: no port could be had.
        """
        for left in reversed(range(_TRIES)):
            self._address = f"127.0.0.1:{_free_port()}"
            try:
                self.runtime = Runtime(telemetry=_telemetry(self._address))
            except (RuntimeError, ValueError):  # somebody else took the port meanwhile
                if not left:
                    raise
            else:
                return

    async def text(self) -> bytes:
        """Return them as Prometheus reads them; nothing where the core does not answer now."""
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
                answer = await client.get(f"http://{self._address}/metrics")
        except httpx.HTTPError:
            return b""
        return answer.content if answer.is_success else b""


def _telemetry(address: str) -> TelemetryConfig:
    return TelemetryConfig(
        metrics=PrometheusConfig(
            bind_address=address,
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
        )
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
