"""Mailboxes: obtained tokens, threads, identities, domain health, mail sent by hand."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for what mailboxes need."""
    op.add_column("channel", sa.Column("tokens", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("channel") as channel:
        channel.alter_column("tokens", server_default=None)
    op.add_column("message", sa.Column("thread_id", sa.Text(), nullable=True))
    _create_per_channel(
        "sender_identity",
        _text("address", 320),
        _text("token_digest"),
        _instant("asked_at"),
        _instant("verified_at", nullable=True),
        key="address",
    )
    _create_per_channel(
        "domain_health",
        _text("domain", 255),
        _instant("checked_at"),
        sa.Column("findings", sa.JSON(), nullable=False),
        key="domain",
    )
    _create_per_channel(
        "hand_sent", _instant("at"), sa.Column("messages", sa.Integer(), nullable=False), key="at"
    )


def downgrade() -> None:
    """Go back to the first tables; people must connect and verify again afterwards."""
    for table in ("hand_sent", "domain_health", "sender_identity"):
        op.drop_table(table)
    with op.batch_alter_table("message") as message:
        message.drop_column("thread_id")
    with op.batch_alter_table("channel") as channel:
        channel.drop_column("tokens")


def _create_per_channel(table: str, *columns: sa.Column[Any], key: str) -> None:
    op.create_table(
        table,
        sa.Column("channel_id", sa.String(100), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("channel_id", key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=f"fk_{table}_channel_id"),
    )


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)
