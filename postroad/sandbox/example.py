"""The providers that examples/workspace.yaml sends through."""

from datetime import timedelta

from postroad.sandbox.config import (
    MailboxProviderConfig,
    ProviderConfig,
    ProviderLimit,
    SandboxConfig,
)

FIRST_PORT = 2525
PORTS = 4
GMAIL, EXCHANGE, EXCHANGE_ONLINE, SMTP = "ana-gmail", "bo-exchange", "cai-365", "team-smtp"
ANA, BO, CAI = "ana.ruiz@relay.test", "bo.lindqvist@relay.test", "cai.thomas@relay.test"

_LATENCY = timedelta(milliseconds=10)


def example_config(first_port: int | None = FIRST_PORT) -> SandboxConfig:
    """Return four providers, one of each kind, that limit and refuse as providers do.

    Args:
        first_port: SMTP listens here, Gmail, Exchange and Exchange Online on the ports above it;
            None takes free ones.
    """

    def port(number: int) -> int:
        return 0 if first_port is None else first_port + number

    def limits(messages: int, seconds: int) -> tuple[ProviderLimit, ...]:
        return (ProviderLimit(messages=messages, per=timedelta(seconds=seconds)),)

    return SandboxConfig(
        providers=(
            ProviderConfig(name=SMTP, port=port(0), limits=limits(30, 3), latency=_LATENCY),
        ),
        mailbox_providers=(
            MailboxProviderConfig(
                name=GMAIL, kind="gmail", port=port(1), mailboxes=(ANA,), latency=_LATENCY,
                refresh_tokens={"consent-of-ana": ANA}, limits=limits(2_000, 86_400),
            ),
            MailboxProviderConfig(
                name=EXCHANGE, kind="exchange", port=port(2), mailboxes=(BO,), latency=_LATENCY,
                users={r"RELAY\bo": "bo-password"},
            ),
            MailboxProviderConfig(
                name=EXCHANGE_ONLINE, kind="exchange_online", port=port(3), mailboxes=(CAI,),
                latency=_LATENCY, limits=limits(10_000, 86_400),
            ),
        ),
    )  # fmt: skip
