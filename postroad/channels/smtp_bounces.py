"""Where an SMTP channel's notices go, what is asked of them, and where they are read."""

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from postroad.channels.imap_settings import ImapSettings
from postroad.channels.server_fields import EnvelopeAddress
from postroad.verp import LONGEST_LOCAL, verp_address


class BounceSettings(BaseModel):
    """The address that notices are sent to; without IMAP nobody here reads them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: EnvelopeAddress
    """The sender in the envelope (RFC 5321, 3.7)."""
    verp: bool = False
    """Add a token that names the message: the mailbox must take `bounces+anything@`."""
    confirm_delivery: bool = False
    """Ask for a notice of each delivery as well."""
    imap: ImapSettings | None = None

    @property
    def notify(self) -> str:
        """What to be told of: the NOTIFY parameter of RCPT (RFC 3461, 4.1)."""
        return "SUCCESS,FAILURE,DELAY" if self.confirm_delivery else "FAILURE,DELAY"

    def envelope_from(self, key: str) -> str:
        """Return the envelope's sender of the message with an X-Postroad-Message."""
        return verp_address(self.address, key) if self.verp else self.address

    @model_validator(mode="after")
    def _has_room_for_tokens(self) -> Self:
        local = self.address.partition("@")[0]
        if self.verp and len(local) > LONGEST_LOCAL:
            raise ValueError(
                f"what stands before the @ of address may have {LONGEST_LOCAL} characters with "
                f"verp, and {local} has {len(local)}: shorten it, or leave verp out"
            )
        return self
