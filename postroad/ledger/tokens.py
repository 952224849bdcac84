"""Refresh tokens that were obtained since a channel was applied: connected or replaced."""

from sqlalchemy import Connection, update

from postroad.ledger.tables import Channel
from postroad.secrets import SecretBox

_PLACE = "credentials.refresh_token"


def obtained(tokens: str, secrets: SecretBox) -> dict[str, str]:
    """Return the obtained secrets of a channel by their place in its settings.

    Raises:
        SecretKeyError: they were encrypted with another key.
    """
    return secrets.decrypt(tokens) if tokens else {}


def keep_refresh_token(
    connection: Connection, channel: str, refresh_token: str, secrets: SecretBox
) -> None:
    """Store the refresh token that a channel signs in with from now on."""
    tokens = secrets.encrypt({_PLACE: refresh_token})
    connection.execute(update(Channel).where(Channel.id == channel).values(tokens=tokens))
