"""Doctor's question to the worker on this machine: is it ready?"""

import httpx

from operations.finding import Finding, fail, ok, warn
from postroad.setting_tables import MetricsSettings

_SECONDS = 10.0
_ANYWHERE = ("0.0.0.0", "[::]")  # noqa: S104 - what is asked is loopback
_START = "start it, or ask on the machine where it runs"


async def check_worker_page(settings: MetricsSettings) -> list[Finding]:
    """Return what the worker says at `metrics.bind`; nothing where it is to say nothing."""
    if not settings.bind:
        return []
    host, _, port = settings.bind.rpartition(":")
    address = f"http://{'127.0.0.1' if host in _ANYWHERE else host}:{port}/health/ready"
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
            parts = (await client.get(address)).json()
        missing = [name for name, reached in parts.items() if not reached and name != "ready"]
    except (httpx.HTTPError, ValueError, AttributeError):
        return [warn("worker", f"none answers at {address}", _START)]
    if missing:
        words = f"the one at {address} cannot reach {' and '.join(missing)}"
        return [fail("worker", words, "see the other findings, and its log")]
    return [ok("worker", f"the one at {address} is ready")]
