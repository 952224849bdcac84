"""The workspace in the ledger: storing what a workspace file says, and reading it back.

Credentials are encrypted on their way in and decrypted on their way out; nothing else in the
ledger ever holds them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Select, delete, exists, insert, select, update

from postroad import workspace
from postroad.contracts import ChannelState, mailbox_workflow_id
from postroad.ledger.changes import Change, same_secrets
from postroad.ledger.channel_options import RETIRED
from postroad.ledger.channels import resume_channel, sequences_with_work
from postroad.ledger.choice_warnings import workspace_warnings
from postroad.ledger.days_off import days_off
from postroad.ledger.rescheduling import reschedule
from postroad.ledger.secret_places import put_secret, take_secrets
from postroad.ledger.tables import (
    Channel,
    DomainHealth,
    HandSent,
    Mailbox,
    Message,
    Organisation,
    Sender,
    SenderIdentity,
    Sequence,
)
from postroad.ledger.tokens import obtained
from postroad.ledger.webhooks import apply_webhooks
from postroad.secrets import SecretBox
from postroad.workspace import Workspace

_BROKEN = (ChannelState.UNAUTHORISED, ChannelState.MISCONFIGURED)
_OWN_COLUMNS = {"id", "kind", "address", "shared"}
_THE_ONE = 1
_NO_CHANNEL = ""
"""For finding the sequences whose messages have none."""
_ALL_SENDERS = select(*Sender.__table__.columns)
_CHANNEL: TypeAdapter[workspace.Channel] = TypeAdapter(workspace.Channel)


@dataclass(frozen=True, slots=True)
class PartChanged:
    """One part of the workspace, and what became of it."""

    part: str
    """organisation, sender, identity, channel or webhook."""
    name: str
    change: Change


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a workspace did."""

    parts: list[PartChanged]
    wake: list[str] = field(default_factory=list[str])
    """Workflow ids of the sequences and mailbox watches that may have waited for this change."""
    warnings: list[str] = field(default_factory=list[str])
    """What people should know about the channels, a sentence each."""


def apply_workspace(
    connection: Connection, described: Workspace, secrets: SecretBox, now: int
) -> Applied:
    """Make the ledger's workspace what the file describes.

    A channel that was stopped for its credentials or settings is active again once they change.
    """
    writers = [values["email"] for one in described.senders for _, values in _writers(one)]
    former_days_off = days_off(connection, writers)
    parts = [_apply_organisation(connection, described.organisation)]
    wake: set[str] = set()
    if parts[0].change is Change.CHANGED:
        wake.update(sequences_with_work(connection, _NO_CHANNEL, now))
    for sender in described.senders:
        for part, values in _writers(sender):
            change = _apply_sender(connection, values)
            parts.append(PartChanged(part, values["email"], change))
            if change is Change.CHANGED:
                wake.update(
                    sequences_with_work(connection, sender.default_channel or _NO_CHANNEL, now)
                )
    wake |= reschedule(connection, former_days_off, days_off(connection, writers), now)
    for channel in described.channels:
        change = _apply_channel(connection, channel, secrets, now)
        parts.append(PartChanged("channel", channel.id, change))
        if change is not Change.UNCHANGED:
            wake |= _reactivate(connection, channel.id, now)
    parts += [
        PartChanged("webhook", name, change)
        for name, change in apply_webhooks(connection, described.webhooks, secrets, now)
    ]
    parts += _retire_channels(connection, described)
    parts += _retire_senders(connection, described)
    return Applied(parts, sorted(wake), workspace_warnings(connection))


def load_sender(connection: Connection, email: str) -> workspace.Sender | None:
    """Return a sender by their normalised address."""
    return next(_senders(connection, _ALL_SENDERS.where(Sender.email == email)), None)


def list_senders(connection: Connection) -> list[workspace.Sender]:
    """Return everybody who can be named as a sender, identities among them, by address."""
    return list(_senders(connection, _ALL_SENDERS.order_by(Sender.email)))


def load_channel(
    connection: Connection, channel_id: str, secrets: SecretBox
) -> workspace.Channel | None:
    """Return a channel's settings with its credentials.

    Raises:
        SecretKeyError: they were encrypted with another key.
    """
    row = connection.execute(
        select(*Channel.__table__.columns).where(Channel.id == channel_id)
    ).first()
    if row is None:
        return None
    values = {**row.settings, **{name: getattr(row, name) for name in _OWN_COLUMNS}}
    values.pop(RETIRED, None)
    for place, secret in (secrets.decrypt(row.secrets) | obtained(row.tokens, secrets)).items():
        put_secret(values, place.split("."), secret)
    return _CHANNEL.validate_python(values)


def channel_ids(connection: Connection) -> list[str]:
    """Return the id of every channel."""
    return list(connection.scalars(select(Channel.id).order_by(Channel.id)))


def channel_version(connection: Connection, channel_id: str) -> str | None:
    """Return a text that is another one whenever a channel's settings or credentials change."""
    row = connection.execute(
        select(Channel.kind, Channel.settings, Channel.secrets, Channel.tokens).where(
            Channel.id == channel_id
        )
    ).first()
    return None if row is None else repr(tuple(row))


def _apply_organisation(
    connection: Connection, organisation: workspace.Organisation
) -> PartChanged:
    values = {
        "name": organisation.name,
        "settings": organisation.model_dump(mode="json", exclude={"name"}),
    }
    stored = connection.execute(select(Organisation.name, Organisation.settings)).first()
    if stored is None:
        connection.execute(insert(Organisation).values(id=_THE_ONE, **values))
    elif stored._asdict() != values:
        connection.execute(update(Organisation).values(values))
    change = _change(None if stored is None else stored._asdict(), values)
    return PartChanged("organisation", organisation.name, change)


def _writers(sender: workspace.Sender) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the row of a sender, and one for each of their identities: mail is theirs as well."""
    days_off = sender.model_dump(mode="json", include={"holidays", "away"}, exclude_defaults=True)
    row = {
        "email": sender.email,
        "name": sender.name,
        "timezone": sender.timezone,
        "default_channel": sender.default_channel,
        "settings": {"signature": sender.signature} | days_off,
    }
    yield "sender", row
    for identity in sender.identities:
        settings = {
            "signature": sender.signature,
            "rep": sender.email,
            "channel": identity.channel,
            **days_off,
        }
        yield "identity", row | {"email": identity.email, "settings": settings}


def _apply_sender(connection: Connection, values: dict[str, Any]) -> Change:
    stored = connection.execute(
        select(*Sender.__table__.columns).where(Sender.email == values["email"])
    ).first()
    change = _change(None if stored is None else stored._asdict(), values)
    if change is Change.ADDED:
        connection.execute(insert(Sender).values(values))
    elif change is Change.CHANGED:
        connection.execute(update(Sender).where(Sender.email == values["email"]).values(values))
    return change


def _apply_channel(
    connection: Connection, channel: workspace.Channel, box: SecretBox, now: int
) -> Change:
    settings = channel.model_dump(mode="json", exclude=_OWN_COLUMNS)
    secrets = dict(take_secrets(channel, settings))
    values = {name: getattr(channel, name) for name in _OWN_COLUMNS} | {"settings": settings}
    stored = connection.execute(
        select(*Channel.__table__.columns).where(Channel.id == channel.id)
    ).first()
    if stored is None:
        row = values | {"secrets": box.encrypt(secrets), "state_at": now, "state": "active"}
        connection.execute(insert(Channel).values(row))
        return Change.ADDED
    known = {name: getattr(stored, name) for name in values}
    change = _change(known, values)
    if same_secrets(box, stored.secrets, secrets):
        # Encrypted again all the same where that was done with a key that is on its way out.
        values["secrets"] = box.renew(stored.secrets)
        values["tokens"] = stored.tokens and box.renew(stored.tokens)
    else:
        change = Change.CHANGED
        values |= {"secrets": box.encrypt(secrets), "tokens": ""}
    connection.execute(update(Channel).where(Channel.id == channel.id).values(values))
    return change


def _change(stored: dict[str, Any] | None, described: dict[str, Any]) -> Change:
    if stored is None:
        return Change.ADDED
    return Change.UNCHANGED if stored == described else Change.CHANGED


def _reactivate(connection: Connection, channel: str, now: int) -> set[str]:
    """Put a repaired channel back into service; return who may have waited for the change."""
    broken = exists().where(Channel.id == channel, Channel.state.in_(_BROKEN))
    if connection.scalar(select(broken)):
        resumed = resume_channel(connection, channel, "apply", now)
        return {*resumed, mailbox_workflow_id(channel)}
    return set(sequences_with_work(connection, channel, now))


def _retire_channels(connection: Connection, described: Workspace) -> Iterator[PartChanged]:
    """Remove the channels that are not in the file, unless messages went through them."""
    named = {channel.id for channel in described.channels}
    for channel in channel_ids(connection):
        if channel in named:
            continue
        used = exists().where(Message.channel_id == channel)
        if connection.scalar(select(used)):
            _retire(connection, channel)
            yield PartChanged("channel", channel, Change.KEPT)
        else:
            for known in (SenderIdentity, DomainHealth, HandSent, Mailbox):
                connection.execute(delete(known).where(known.channel_id == channel))
            connection.execute(delete(Channel).where(Channel.id == channel))
            yield PartChanged("channel", channel, Change.REMOVED)


def _retire(connection: Connection, channel: str) -> None:
    """Let a channel only carry on what it began: no rule names it for anything new."""
    settings = connection.scalar(select(Channel.settings).where(Channel.id == channel)) or {}
    connection.execute(
        update(Channel).where(Channel.id == channel).values(settings=settings | {RETIRED: True})
    )


def _retire_senders(connection: Connection, described: Workspace) -> Iterator[PartChanged]:
    """Remove the senders who are not in the file, unless they have people."""
    named = {values["email"] for one in described.senders for _, values in _writers(one)}
    for sender in connection.scalars(select(Sender.email).order_by(Sender.email)).all():
        if sender in named:
            continue
        if connection.scalar(select(exists().where(Sequence.sender == sender))):
            yield PartChanged("sender", sender, Change.KEPT)
        else:
            connection.execute(delete(Sender).where(Sender.email == sender))
            yield PartChanged("sender", sender, Change.REMOVED)


def _senders(connection: Connection, statement: Select[Any]) -> Iterator[workspace.Sender]:
    for row in connection.execute(statement):
        yield workspace.Sender(
            email=row.email,
            name=row.name,
            timezone=row.timezone,
            default_channel=row.default_channel,
            signature=row.settings.get("signature") or "",
            holidays=row.settings.get("holidays"),
            away=row.settings.get("away") or [],
        )
