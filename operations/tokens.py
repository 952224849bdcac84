"""Making the tokens with which programs call the HTTP API."""

import secrets

from operations.clock import now
from operations.opening import normalised
from operations.refusal import Refused
from postroad.ledger.api_tokens import add_token
from postroad.ledger.engine import Ledger
from postroad.ledger.users import Role
from postroad.names import check_slug

USUAL_RATE = 600
"""Requests in a minute."""

_PREFIX = "postroad_"
"""Tells people, and scanners of leaked secrets, what they have found."""


def create_token(
    ledger: Ledger,
    name: str,
    role: Role,
    *,
    sender: str | None = None,
    lasts: int | None = None,
    per_minute: int = USUAL_RATE,
) -> str:
    """Let a program call the API, and return its token, which is kept nowhere.

    Args:
        ledger: what is called.
        name: what the audit log calls the program.
        role: what it may see and do.
        sender: whose people a rep's token sees; for no other role.
        lasts: milliseconds after which the token is over; None for never.
        per_minute: requests that it may make in a minute.

    Raises:
        Refused: the name was used before, or role and sender do not go together.
    """
    try:
        check_slug(name)
    except ValueError as error:
        raise Refused(f"the name {name!r} {error}") from None
    if (role is Role.REP) is (sender is None):
        raise Refused("a rep's token names the sender whose people it sees, and no other does")
    token = _PREFIX + secrets.token_urlsafe(32)
    present = now()
    with ledger.write() as connection:
        added = add_token(
            connection,
            token,
            name=name,
            role=role,
            sender=None if sender is None else normalised(sender),
            per_minute=per_minute,
            expires_at=None if lasts is None else present + lasts,
            now=present,
        )
    if not added:
        raise Refused(f"a token {name} was made before: choose another name")
    return token
