"""What an SMTP channel needs to know, checked before anything is sent."""

import re
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from postroad.channels.channel_settings import ChannelSettings
from postroad.channels.mailbox_hosts import mailbox_kind, why_not_smtp
from postroad.channels.presets import PRESETS, Provider
from postroad.channels.provider_event_settings import EventSettings
from postroad.channels.server_fields import CaFile, EnvelopeAddress, HostName
from postroad.channels.smtp_bounces import BounceSettings
from postroad.durations import Duration
from postroad.hosts import is_loopback

Tls = Literal["starttls", "implicit", "none"]

DEFAULT_PORTS: dict[Tls, int] = {"starttls": 587, "implicit": 465, "none": 25}
"""RFC 6409 (submission), RFC 8314 (implicit TLS), RFC 5321."""

_HELLO = re.compile(r"[A-Za-z0-9.-]+|\[[A-Za-z0-9.:]+\]")


class SmtpTimeouts(BaseModel):
    """How long each thing may take before it counts as failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect: Duration = timedelta(seconds=30)
    """To connect, to be greeted, and to agree on TLS: each of them."""
    reply: Duration = timedelta(seconds=60)
    """To answer a command. Nothing left by then, so the message is simply tried again later."""
    acceptance: Duration = timedelta(minutes=10)
    """To accept a message whose last byte went out (RFC 5321, 4.5.3.2.6): later, it is in doubt."""
    idle: Duration = timedelta(seconds=15)
    """How long an unused connection is kept."""

    @field_validator("*")
    @classmethod
    def _has_length(cls, span: timedelta) -> timedelta:
        if not timedelta(milliseconds=10) <= span <= timedelta(hours=1):
            raise ValueError("must be between 10ms and 1h")
        return span


class SmtpSettings(ChannelSettings):
    """One SMTP channel."""

    provider: Provider | None = None
    """A service known by name; fills what is not given here."""
    host: HostName
    port: int = Field(ge=1, le=65_535)
    tls: Tls = "starttls"
    insecure: bool = False
    """Allow `tls: none` to a host that is not this machine."""
    ca_file: CaFile | None = None
    username: str | None = None
    password: SecretStr | None = None
    hello: str | None = None
    """The name given at EHLO; the connection's own address where none is set (RFC 5321, 4.1.3)."""
    envelope_from: EnvelopeAddress | None = None
    """The address that bounces go to, instead of the sender's own."""
    bounces: BounceSettings | None = None
    """The same, where more is to be done with them."""
    events: EventSettings | None = None
    """The provider tells the console what became of messages."""
    messages_per_connection: int | None = Field(default=None, ge=1)
    """Open a new connection after so many messages; None means no limit."""
    timeouts: SmtpTimeouts = SmtpTimeouts()

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:  # noqa: ANN401
        """Add the preset's values, then the port that belongs to the kind of TLS."""
        if not isinstance(given, dict):
            return given
        provider = given.get("provider")
        preset = next((values for name, values in PRESETS.items() if name == provider), {})
        if "tls" in given and given["tls"] != preset.get("tls"):
            preset = {name: value for name, value in preset.items() if name != "port"}
        filled = {**preset, **given}
        if filled.get("port") is None:
            # A kind of TLS that does not exist is refused by its own field.
            wanted = filled.get("tls", "starttls")
            filled["port"] = next((port for tls, port in DEFAULT_PORTS.items() if tls == wanted), 1)
        return filled

    @field_validator("host")
    @classmethod
    def _is_no_mailbox(cls, host: str) -> str:
        if (kind := mailbox_kind(host)) is not None:
            raise ValueError(why_not_smtp(host, kind))
        return host.lower()

    @field_validator("hello")
    @classmethod
    def _is_name(cls, name: str | None) -> str | None:
        if name is not None and not _HELLO.fullmatch(name):
            raise ValueError(f"{name!r} is no host name: write for instance mail.example.com")
        return name

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.tls == "none" and not self.insecure and not is_loopback(self.host):
            raise ValueError(
                f"tls: none would send the password and every mail readable to {self.host}: "
                "set tls: starttls or implicit (or, in a network you trust, insecure: true)"
            )
        if (self.username is None) != (self.password is None):
            missing = "username" if self.username is None else "password"
            raise ValueError(f"{missing} is missing: give both, or neither for an open relay")
        if self.bounces is not None and self.envelope_from is not None:
            raise ValueError("bounces.address is the envelope's sender: leave envelope_from out")
        return self
