"""What this process counts of its own work, for Prometheus.

Labels are channels' ids and kinds, and words of ours; never an address, a name or a campaign,
which would be personal or without end.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

registry = CollectorRegistry()
"""Of this process; what the ledger says is asked for beside it."""

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_WAVE_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)

_calls = Counter(
    "postroad_provider_calls",
    "Calls to providers, by what became of them: ok, or the kind of error.",
    ("kind", "channel", "call", "result"),
    registry=registry,
)
_call_seconds = Histogram(
    "postroad_provider_call_seconds",
    "How long calls to providers took.",
    ("kind", "call"),
    buckets=_SECONDS,
    registry=registry,
)
_wave_seconds = Histogram(
    "postroad_wave_seconds",
    "How long waves took to send, the time until their slots included.",
    ("channel",),
    buckets=_WAVE_SECONDS,
    registry=registry,
)
_readings = Counter(
    "postroad_mailbox_readings",
    "Readings of mailboxes, by what became of them: read, parked, closed or failed.",
    ("channel", "result"),
    registry=registry,
)


def count_call(kind: str, channel: str, call: str, result: str, seconds: float) -> None:
    """Count a call to a provider, and how long it took."""
    _calls.labels(kind, channel, call, result).inc()
    _call_seconds.labels(kind, call).observe(seconds)


def count_wave(channel: str, seconds: float) -> None:
    """Count a wave, and how long it took."""
    _wave_seconds.labels(channel).observe(seconds)


def count_reading(channel: str, result: str) -> None:
    """Count a reading of a mailbox."""
    _readings.labels(channel, result).inc()
