"""The first tables: workspace, campaigns, people and messages, quota."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NAME = sa.String(100)
_ADDRESS = sa.String(320)

_DROPPED_IN_THIS_ORDER = (
    "connection_lease", "quota_turn", "quota_share", "quota_scope",
    "suppression", "event", "message", "enrollment", "sequence",
    "rejection", "audience_chunk", "attachment", "step_text", "step", "campaign",
    "channel", "sender", "organisation",
)  # fmt: skip


def upgrade() -> None:
    """Bring the ledger from nothing to this revision."""
    _create_workspace()
    _create_campaigns()
    _create_audience()
    _create_people()
    _create_messages()
    _create_feed()
    _create_quota()


def downgrade() -> None:
    """Drop everything."""
    for table in _DROPPED_IN_THIS_ORDER:
        op.drop_table(table)


def _create_workspace() -> None:
    op.create_table(
        "organisation",
        _column("id", _ROW_ID),
        _column("name", sa.Text()),
        _column("settings", sa.JSON()),
        _primary_key("organisation", "id"),
    )
    op.create_table(
        "sender",
        _column("email", _ADDRESS),
        _column("name", sa.Text()),
        _column("timezone", sa.Text()),
        _optional("default_channel", sa.Text()),
        _column("settings", sa.JSON()),
        _primary_key("sender", "email"),
    )
    op.create_table(
        "channel",
        _column("id", _NAME),
        _column("kind", sa.Text()),
        _optional("address", sa.Text()),
        _column("shared", sa.Boolean()),
        _column("settings", sa.JSON()),
        _column("secrets", sa.Text()),
        _column("state", sa.Text()),
        _column("state_reason", sa.Text()),
        _column("state_at", sa.BigInteger()),
        _primary_key("channel", "id"),
    )


def _create_campaigns() -> None:
    op.create_table(
        "campaign",
        _column("id", _NAME),
        _column("name", sa.Text()),
        _column("settings", sa.JSON()),
        _column("state", sa.Text()),
        _column("state_by", sa.Text()),
        _column("state_reason", sa.Text()),
        _column("staged_at", sa.BigInteger()),
        _optional("started_at", sa.BigInteger()),
        _optional("ended_at", sa.BigInteger()),
        _primary_key("campaign", "id"),
    )
    op.create_table(
        "step",
        _column("campaign_id", _NAME),
        _column("position", sa.Integer()),
        _column("id", sa.Text()),
        _column("settings", sa.JSON()),
        _column("version", sa.Integer()),
        _primary_key("step", "campaign_id", "position"),
        _reference("step", "campaign"),
    )
    op.create_table(
        "step_text",
        _column("campaign_id", _NAME),
        _column("position", sa.Integer()),
        _column("version", sa.Integer()),
        _column("template", sa.JSON()),
        _primary_key("step_text", "campaign_id", "position", "version"),
        _reference("step_text", "campaign"),
    )
    op.create_table(
        "attachment",
        _column("sha256", sa.String(64)),
        _column("content", sa.LargeBinary()),
        _primary_key("attachment", "sha256"),
    )


def _create_audience() -> None:
    op.create_table(
        "audience_chunk",
        _column("campaign_id", _NAME),
        _column("number", sa.Integer()),
        _optional("rows", sa.LargeBinary()),
        _optional("result", sa.JSON()),
        _primary_key("audience_chunk", "campaign_id", "number"),
        _reference("audience_chunk", "campaign"),
    )
    op.create_table(
        "rejection",
        _column("id", _ROW_ID),
        _column("campaign_id", _NAME),
        _column("row", sa.BigInteger()),
        _column("address", sa.Text()),
        _column("reason", sa.Text()),
        _column("detail", sa.Text()),
        _primary_key("rejection", "id"),
        _reference("rejection", "campaign"),
    )
    _index("rejection", "campaign_id")


def _create_people() -> None:
    op.create_table(
        "sequence",
        _column("id", _ROW_ID),
        _column("campaign_id", _NAME),
        _column("sender", sa.Text()),
        _primary_key("sequence", "id"),
        _reference("sequence", "campaign"),
        _unique("sequence", "campaign_id", "sender"),
    )
    op.create_table(
        "enrollment",
        _column("id", _ROW_ID),
        _column("campaign_id", _NAME),
        _column("sequence_id", _ROW_ID),
        _column("address", sa.Text()),
        _column("recipient", sa.Text()),
        _column("person_key", sa.Text()),
        _column("fields", sa.JSON()),
        _optional("timezone", sa.Text()),
        _column("row", sa.BigInteger()),
        _column("state", sa.Text()),
        _column("reason", sa.Text()),
        _primary_key("enrollment", "id"),
        _reference("enrollment", "campaign"),
        _reference("enrollment", "sequence"),
        _unique("enrollment", "campaign_id", "address"),
        _unique("enrollment", "campaign_id", "person_key"),
    )
    _index("enrollment", "address")
    _index("enrollment", "sequence_id", "state")


def _create_messages() -> None:
    op.create_table(
        "message",
        _column("id", _ROW_ID),
        _column("enrollment_id", _ROW_ID),
        _column("sequence_id", _ROW_ID),
        _column("position", sa.Integer()),
        _column("priority", sa.Integer()),
        _column("domain", sa.Text()),
        _column("state", sa.Text()),
        _optional("due_at", sa.BigInteger()),
        _optional("channel_id", sa.Text()),
        _optional("wave", sa.Integer()),
        _optional("charge_at", sa.BigInteger()),
        _column("attempt", sa.Integer()),
        _column("deferrals", sa.Integer()),
        _optional("version", sa.Integer()),
        _optional("message_id", sa.Text()),
        _optional("provider_id", sa.Text()),
        _optional("sent_at", sa.BigInteger()),
        _column("reason", sa.Text()),
        _primary_key("message", "id"),
        _reference("message", "enrollment"),
        _reference("message", "sequence"),
        _unique("message", "enrollment_id", "position"),
    )
    planned = "state = 'planned' AND due_at IS NOT NULL"
    due = ("sequence_id", "channel_id", "priority", "due_at", "id")
    _message_index("due", *due, where=planned)
    _message_index("wave", "sequence_id", "wave", where="wave IS NOT NULL")
    _message_index("channel_charge", "channel_id", "charge_at", where="charge_at IS NOT NULL")
    _message_index("domain_charge", "domain", "charge_at", where="charge_at IS NOT NULL")
    _message_index("sending", "channel_id", where="state = 'sending'")
    _message_index("uncertain", "sequence_id", where="state = 'uncertain'")


def _create_feed() -> None:
    op.create_table(
        "event",
        _column("id", _ROW_ID),
        _column("at", sa.BigInteger()),
        _column("event", sa.Text()),
        _optional("campaign_id", sa.Text()),
        _optional("enrollment_id", sa.BigInteger()),
        _optional("position", sa.Integer()),
        _optional("channel_id", sa.Text()),
        _column("detail", sa.Text()),
        _primary_key("event", "id"),
    )
    _index("event", "campaign_id")
    _index("event", "enrollment_id")
    op.create_table(
        "suppression",
        _column("address", _ADDRESS),
        _column("reason", sa.Text()),
        _column("source", sa.Text()),
        _column("at", sa.BigInteger()),
        _primary_key("suppression", "address"),
    )


def _create_quota() -> None:
    op.create_table(
        "quota_scope",
        _column("key", sa.String(330)),
        _column("not_before", sa.BigInteger()),
        _column("not_before_reason", sa.Text()),
        _column("virtual_time", sa.BigInteger()),
        _primary_key("quota_scope", "key"),
    )
    op.create_table(
        "quota_share",
        _column("channel_id", _NAME),
        _column("campaign_id", _NAME),
        _column("finish", sa.BigInteger()),
        _primary_key("quota_share", "channel_id", "campaign_id"),
    )
    op.create_table(
        "quota_turn",
        _column("channel_id", _NAME),
        _column("sequence_id", _ROW_ID),
        _column("campaign_id", sa.Text()),
        _column("priority", sa.Integer()),
        _column("messages", sa.Integer()),
        _column("asked_at", sa.BigInteger()),
        _column("told_at", sa.BigInteger()),
        _column("reason", sa.Text()),
        _primary_key("quota_turn", "channel_id", "sequence_id"),
        _reference("quota_turn", "sequence"),
    )
    op.create_table(
        "connection_lease",
        _column("channel_id", _NAME),
        _column("number", sa.Integer()),
        _column("holder", sa.Text()),
        _column("expires_at", sa.BigInteger()),
        _primary_key("connection_lease", "channel_id", "number"),
    )


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _optional(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _primary_key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _reference(table: str, to: str) -> sa.ForeignKeyConstraint:
    column = f"{to}_id"
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _message_index(name: str, *columns: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        op.f(f"ix_message_{name}"), "message", list(columns),
        sqlite_where=condition, postgresql_where=condition,
    )  # fmt: skip
