"""Who listens to the live feed."""

from typing import Any

from sqlalchemy import String, true
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base


class Webhook(Base):
    """An address that events are posted to, and how far it has heard them."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    settings: Mapped[dict[str, Any]]
    """url, events, campaigns: see postroad.webhook_settings.WebhookSettings."""
    secrets: Mapped[str]
    """Fernet token of a JSON object; never printed."""
    heard: Mapped[int]
    """Id of the last event that it has taken, or did not ask for."""
    failing_since: Mapped[int | None]
    """When it first refused what it has not taken since."""
    from_file: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether the workspace file describes it; the API's stay when the file is applied."""
    state: Mapped[str] = mapped_column(default="active")
    state_reason: Mapped[str] = mapped_column(default="")
    state_at: Mapped[int]
