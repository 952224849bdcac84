"""Webhooks as they were applied, and how far each of them has heard the live feed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, delete, insert, select, update

from postroad.instants import moment
from postroad.ledger.changes import Change, same_secrets
from postroad.ledger.events import FeedEntry, events_after, last_event, settled_through
from postroad.ledger.tables import Event, Webhook
from postroad.ledger.upsert import insert_new
from postroad.secrets import SecretBox
from postroad.webhook_settings import WebhookSettings


class WebhookState(StrEnum):
    """Whether events are posted."""

    ACTIVE = "active"
    DISABLED = "disabled"


class WebhookOverview(BaseModel):
    """One row of `webhook list --json`."""

    model_config = ConfigDict(frozen=True)

    id: str
    url: str
    events: list[str]
    campaigns: list[str]
    state: WebhookState
    reason: str
    behind: int
    """Ids of events between the last one and what it has heard; not all of them are for it."""
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class Unheard:
    """What a webhook is to hear next."""

    entries: list[FeedEntry]
    heard: int
    """Id of the last event that it has heard."""
    through: int
    """Id of the last event that was looked at."""


def apply_webhooks(
    connection: Connection, described: Iterable[WebhookSettings], secrets: SecretBox, now: int
) -> Iterator[tuple[str, Change]]:
    """Make the webhooks those that the workspace file describes; yield what became of each.

    A new one hears what happens from now on. What was added through the API stays.
    """
    stored = {
        row.id: row
        for row in connection.execute(
            select(Webhook.id, Webhook.settings, Webhook.secrets, Webhook.from_file)
        )
    }
    for webhook in described:
        settings, secret = _settings(webhook), _secret(webhook)
        values = {"settings": settings, "secrets": secrets.encrypt(secret), "from_file": True}
        former = stored.pop(webhook.id, None)
        if former is None:
            add_webhook(connection, webhook, secrets, now, from_file=True)
            yield webhook.id, Change.ADDED
        elif (
            not former.from_file
            or former.settings != settings
            or not same_secrets(secrets, former.secrets, secret)
        ):
            connection.execute(update(Webhook).where(Webhook.id == webhook.id).values(values))
            yield webhook.id, Change.CHANGED
        else:
            yield webhook.id, Change.UNCHANGED
    for removed, row in stored.items():
        if row.from_file:
            remove_webhook(connection, removed)
            yield removed, Change.REMOVED


def add_webhook(
    connection: Connection,
    webhook: WebhookSettings,
    secrets: SecretBox,
    now: int,
    *,
    from_file: bool = False,
) -> bool:
    """Post to one more address, from now on; False where the id is taken.

    Unless the workspace file describes it, it stays when that is applied.
    """
    row = {
        "id": webhook.id,
        "settings": _settings(webhook),
        "secrets": secrets.encrypt(_secret(webhook)),
        "from_file": from_file,
        "heard": last_event(connection),
        "state": WebhookState.ACTIVE,
        "state_reason": "",
        "state_at": now,
    }
    return insert_new(connection, Webhook, [row]) == 1


def remove_webhook(connection: Connection, webhook: str) -> bool:
    """Post nothing more to an address, and forget it; False where there is none."""
    return connection.execute(delete(Webhook).where(Webhook.id == webhook)).rowcount == 1


def replace_secret(connection: Connection, webhook: str, secret: str, secrets: SecretBox) -> bool:
    """Sign with another secret from the next event on; False where there is no such webhook."""
    changed = connection.execute(
        update(Webhook)
        .where(Webhook.id == webhook)
        .values(secrets=secrets.encrypt({"secret": secret}))
    )
    return changed.rowcount == 1


def list_webhooks(connection: Connection) -> list[WebhookOverview]:
    """Return every webhook by id."""
    newest = last_event(connection)
    rows = connection.execute(select(*Webhook.__table__.columns).order_by(Webhook.id))
    return [
        WebhookOverview(
            id=row.id,
            url=row.settings["url"],
            events=row.settings["events"],
            campaigns=row.settings["campaigns"],
            state=WebhookState(row.state),
            reason=row.state_reason,
            behind=max(0, newest - row.heard),
            failing_since=None if row.failing_since is None else moment(row.failing_since),
        )
        for row in rows
    ]


def active_webhooks(connection: Connection) -> list[str]:
    """Return the ids of those that events are posted to."""
    active = Webhook.state == WebhookState.ACTIVE
    return list(connection.scalars(select(Webhook.id).where(active).order_by(Webhook.id)))


def load_webhook(
    connection: Connection, webhook: str, secrets: SecretBox
) -> WebhookSettings | None:
    """Return an active webhook with its secret; None where there is none."""
    row = connection.execute(
        select(Webhook.settings, Webhook.secrets).where(
            Webhook.id == webhook, Webhook.state == WebhookState.ACTIVE
        )
    ).first()
    if row is None:
        return None
    described = {"id": webhook, **row.settings, **secrets.decrypt(row.secrets)}
    return WebhookSettings.model_validate(described)


def unheard(connection: Connection, settings: WebhookSettings, now: int, at_most: int) -> Unheard:
    """Return the next events for a webhook, oldest first; none is ever passed over."""
    heard = connection.execute(select(Webhook.heard).where(Webhook.id == settings.id)).scalar_one()
    through = settled_through(connection, heard, now, at_most)
    entries = events_after(connection, heard, campaign_id=None, at_most=at_most, through=through)
    wanted = [
        entry
        for entry in entries
        if entry.event in settings.events
        and (not settings.campaigns or entry.campaign in settings.campaigns)
    ]
    return Unheard(wanted, heard, through)


def note_heard(connection: Connection, webhook: str, through: int) -> None:
    """Note how far a webhook has heard the feed."""
    connection.execute(
        update(Webhook)
        .where(Webhook.id == webhook, Webhook.heard < through)
        .values(heard=through, failing_since=None)
    )


def note_failing(connection: Connection, webhook: str, now: int) -> int:
    """Note that a webhook does not take what it should; return since when."""
    connection.execute(
        update(Webhook)
        .where(Webhook.id == webhook, Webhook.failing_since.is_(None))
        .values(failing_since=now)
    )
    since = connection.scalar(select(Webhook.failing_since).where(Webhook.id == webhook))
    return now if since is None else since


def disable_webhook(connection: Connection, webhook: str, reason: str, now: int) -> bool:
    """Post nothing more until it is enabled; what it has not heard is kept for it."""
    return _change(connection, webhook, WebhookState.DISABLED, reason, now)


def enable_webhook(connection: Connection, webhook: str, by: str, now: int) -> bool:
    """Post again, from where it last heard; False where it was active, or is unknown."""
    return _change(connection, webhook, WebhookState.ACTIVE, f"enabled by {by}", now)


def _settings(webhook: WebhookSettings) -> dict[str, Any]:
    return webhook.model_dump(mode="json", exclude={"id", "secret"})


def _secret(webhook: WebhookSettings) -> dict[str, str]:
    return {"secret": webhook.secret.get_secret_value()}


def _change(
    connection: Connection, webhook: str, state: WebhookState, reason: str, now: int
) -> bool:
    changed = connection.execute(
        update(Webhook)
        .where(Webhook.id == webhook, Webhook.state != state)
        .values(
            state=state,
            state_reason=reason if state is WebhookState.DISABLED else "",
            state_at=now,
            failing_since=None,
        )
    ).rowcount
    if changed:
        words = f"{webhook}: {reason}"
        event = f"webhook_{'enabled' if state is WebhookState.ACTIVE else state}"
        connection.execute(insert(Event).values(at=now, event=event, detail=words))
    return changed == 1
