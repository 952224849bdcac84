"""The providers that examples/workspace.yaml sends through."""

from datetime import timedelta

from postroad.sandbox.config import ProviderConfig, ProviderLimit, SandboxConfig

FIRST_PORT = 2525


def example_config(first_port: int | None = FIRST_PORT) -> SandboxConfig:
    """Return three providers that limit and refuse as providers do.

    Args:
        first_port: they listen on this port and the two above it; None takes free ones.
    """

    def provider(number: int, name: str, messages: int, seconds: float) -> ProviderConfig:
        limit = ProviderLimit(messages=messages, per=timedelta(seconds=seconds))
        port = 0 if first_port is None else first_port + number
        latency = timedelta(milliseconds=10)
        return ProviderConfig(name=name, port=port, limits=(limit,), latency=latency)

    return SandboxConfig(
        providers=(
            provider(0, "ana-smtp", 30, 2),
            provider(1, "bo-smtp", 25, 2),
            provider(2, "team-smtp", 40, 3),
        )
    )
