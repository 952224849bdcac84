"""What reading a mailbox by IMAP (RFC 9051) needs to know, checked before anything is read."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from postroad.channels.mailbox_hosts import mailbox_kind
from postroad.channels.server_fields import CaFile, HostName
from postroad.durations import Duration
from postroad.hosts import is_loopback
from postroad.names import check_one_line

ImapTls = Literal["implicit", "starttls", "none"]
_DEFAULT_PORTS = {"implicit": 993, "starttls": 143, "none": 143}
"""RFC 8314, 3.2; RFC 9051, 2.1."""

_Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(check_one_line)]


class ImapSettings(BaseModel):
    """One mailbox on an IMAP server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: HostName
    port: int = Field(ge=1, le=65_535)
    tls: ImapTls = "implicit"
    ca_file: CaFile | None = None
    username: _Line
    password: SecretStr
    folders: list[_Line] = Field(default_factory=list[str])
    """The only ones to be read; where none is named, all but Sent and Drafts."""
    timeout: Duration = timedelta(seconds=30)
    """How long the server may take to connect and for each piece of an answer."""

    @model_validator(mode="before")
    @classmethod
    def _fill_port(cls, given: Any) -> Any:  # noqa: ANN401
        """Add the port that belongs to the kind of TLS."""
        if not isinstance(given, dict):
            return given
        # A kind of TLS that does not exist is refused by its own field.
        return {"port": _DEFAULT_PORTS.get(str(given.get("tls", "implicit")), 1), **given}

    @field_validator("host")
    @classmethod
    def _takes_passwords(cls, host: str) -> str:
        if mailbox_kind(host) == "exchange_online":
            raise ValueError(
                f"{host} takes no passwords by IMAP: let notices go to a mailbox elsewhere, "
                "or send through this one as kind: exchange_online"
            )
        return host.lower()

    @field_validator("password")
    @classmethod
    def _is_one_line(cls, password: SecretStr) -> SecretStr:
        check_one_line(password.get_secret_value())
        return password

    @field_validator("timeout")
    @classmethod
    def _has_length(cls, span: timedelta) -> timedelta:
        if not timedelta(milliseconds=10) <= span <= timedelta(minutes=10):
            raise ValueError("must be between 10ms and 10m")
        return span

    @model_validator(mode="after")
    def _keeps_the_password_secret(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError(
                f"tls: none would send the password and every mail readable to {self.host}: "
                "set tls: implicit or starttls"
            )
        return self
