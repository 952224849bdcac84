"""Who calls, and on which installation."""

import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from console.auditing import Audited, audited
from console.installation import Installation, installation_of
from postroad.ledger.api_tokens import TokenHolder
from postroad.ledger.users import Role


@dataclass(slots=True)
class Call:
    """One request of one program."""

    installation: Installation
    holder: TokenHolder
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    """Nobody else's; the same on every try of a request with an Idempotency-Key."""

    @property
    def by(self) -> str:
        """Who it is, for the record."""
        return f"token {self.holder.name}"

    @property
    def sender(self) -> str | None:
        """The only sender whose people it sees; None for all."""
        return self.holder.sender if self.holder.role is Role.REP else None

    def change(self, action: str, subject: str) -> AbstractAsyncContextManager[Audited]:
        """Make a change that is in the audit log.

        Args:
            action: what is done, as the console calls it.
            subject: what is changed.
        """
        return audited(self.installation, by=self.by, action=action, subject=subject)


def begin_call(request: Request, holder: TokenHolder) -> Call:
    """Note who calls, for the endpoint."""
    request.state.call = Call(installation_of(request), holder)
    return call_of(request)


def call_of(request: Request) -> Call:
    """Return the call that a request is."""
    call: Call = request.state.call
    return call


Calling = Annotated[Call, Depends(call_of)]
"""What every endpoint asks for."""
