"""The tables of the settings, one for each part of an installation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from postroad.channels.kinds import CHANNEL_KINDS
from postroad.dns.nameservers import parse_nameserver

if TYPE_CHECKING:
    from postroad.dns.resolver import Resolver


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text and not (host and port.isdecimal() and int(port) < 65_536):
        raise ValueError("must be host:port")
    return text


def _on_loopback(text: object) -> object:
    port = str(text)
    return f"127.0.0.1:{port}" if port.isdecimal() else text


def _http_url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return text


def _ledger_url(text: str) -> str:
    if text and not text.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return text


HostAndPort = Annotated[str, AfterValidator(_host_and_port)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TemporalSettings(_Table):
    """How to reach Temporal; an API key, a certificate or a server's name implies TLS."""

    address: HostAndPort = ""
    """Empty: the embedded server of the data directory, or else localhost:7233."""
    namespace: str = "default"
    tls: bool = False
    api_key: SecretStr | None = None
    client_cert: Path | None = None
    """PEM, as the two below: what we show to a server that asks for a certificate."""
    client_key: Path | None = None
    server_ca: Path | None = None
    """Who signed the server's certificate; the machine's own authorities where none is set."""
    server_name: str = ""
    """The name in the server's certificate where the address has another."""
    task_queue: str = "postroad"
    encrypt_payloads: bool = False
    """Whether what workflows are told, and tell, is encrypted with the secret key."""

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> Self:
        if (self.client_cert is None) is not (self.client_key is None):
            raise ValueError("client_cert and client_key belong together")
        return self

    @property
    def has_tls_of_its_own(self) -> bool:
        """Whether more is said of TLS than that there is some."""
        return bool(self.client_cert or self.server_ca or self.server_name)


class LedgerSettings(_Table):
    """Where the ledger is."""

    url: Annotated[str, AfterValidator(_ledger_url), Field(repr=False)] = ""
    """An SQLAlchemy URL; a file in the data directory where none is set."""


SEQUENCES = "sequences"
"""The queue of workflows, and of work on the ledger."""
QUEUES = (SEQUENCES, *CHANNEL_KINDS)


def _check_queues(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in QUEUES:
            raise ValueError(f"{name!r} is no queue; they are {', '.join(QUEUES)}")
    return names or QUEUES


class WorkerSettings(_Table):
    """What one worker process works on."""

    queues: Annotated[tuple[str, ...], AfterValidator(_check_queues)] = QUEUES
    """`sequences`, and kinds of channels; everything where none is named."""
    build: Annotated[str, Field(max_length=100)] = ""
    """Names this worker's code for `postroad rollout`; empty: workers are not told apart."""


class OidcSettings(_Table):
    """Signing in to the console through an organisation's own accounts (OpenID Connect)."""

    issuer: str = ""
    """The provider's address, under which `/.well-known/openid-configuration` is."""
    client_id: str = ""
    client_secret: SecretStr | None = None
    role_claim: str = "groups"
    """The claim that says what somebody may do: one name, or a list of them."""
    roles: dict[str, Literal["rep", "manager", "admin"]] = {}
    """A name in that claim → a role; the most powerful one counts."""
    default_role: Literal["rep", "manager", "admin", ""] = ""
    """The role of everybody else; empty: they may not sign in."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.issuer) != bool(self.client_id):
            raise ValueError("needs both issuer and client_id")
        return self


class ConsoleSettings(_Table):
    """The web page for sales operations."""

    bind: HostAndPort = "127.0.0.1:8080"
    """Other addresses than this machine's own need a proxy with TLS in front."""
    temporal_ui: str = ""
    """Where Temporal's web UI is; empty: the embedded server's."""
    oidc: OidcSettings = OidcSettings()


def _check_nameservers(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        parse_nameserver(name)
    return names


class DnsSettings(_Table):
    """Whether and whom to ask about domains: mail networks, SPF, DKIM and DMARC."""

    enabled: bool = True
    nameservers: Annotated[tuple[str, ...], AfterValidator(_check_nameservers)] = ()
    """Addresses, with a port where it is not 53; none are the system's."""
    timeout: Annotated[float, Field(gt=0, le=30)] = 2.0
    """Seconds for one question."""
    dkim_selectors: tuple[str, ...] = ()
    """Where the domains' DKIM keys are, beside the usual selectors of their services."""

    def resolver(self) -> "Resolver":
        """Return who asks."""
        from postroad.dns.resolver import Resolver  # noqa: PLC0415 - dnspython is slow to import

        return Resolver(self.nameservers, self.timeout, enabled=self.enabled)


class MetricsSettings(_Table):
    """Where a worker shows its metrics and its health."""

    bind: Annotated[HostAndPort, BeforeValidator(_on_loopback)] = ""
    """A port alone is one on loopback; empty: it shows nothing."""


class TracingSettings(_Table):
    """Where spans are sent."""

    endpoint: Annotated[str, AfterValidator(_http_url)] = ""
    """A collector of OTLP over HTTP, such as http://localhost:4318; empty: none are made."""


LogFormat = Literal["auto", "json", "console"]


class LogSettings(_Table):
    """How the processes that stay write their logs."""

    format: LogFormat = "auto"
    """`auto`: for people on a terminal, JSON lines elsewhere."""
