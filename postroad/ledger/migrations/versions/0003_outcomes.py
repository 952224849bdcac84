"""What comes back: how far mailboxes were read, outcomes, and finding the message they mean."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FOUND_BY = {
    "ix_message_message_id": "message_id",
    "ix_message_thread": "thread_id",
}
"""Index of messages → the column it is on, where that holds something."""


def upgrade() -> None:
    """Make room for what comes back."""
    op.create_table(
        "mailbox",
        sa.Column("channel_id", sa.String(100), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name="pk_mailbox"),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_mailbox_channel_id"),
    )
    op.create_table(
        "outcome",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("channel_id", sa.String(100), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", _ROW_ID, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outcome"),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_outcome_channel_id"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_outcome_message"),
        sa.UniqueConstraint(
            "channel_id", "provider_id", "kind", name="uq_outcome_channel_id_provider_id_kind"
        ),
    )
    op.create_index("ix_outcome_message", "outcome", ["message"])
    for index, column in _FOUND_BY.items():
        holds = sa.text(f"{column} IS NOT NULL")
        op.create_index(index, "message", [column], sqlite_where=holds, postgresql_where=holds)


def downgrade() -> None:
    """Forget what came back; whose sequence it ended stays ended."""
    for index in _FOUND_BY:
        op.drop_index(index, "message")
    op.drop_table("outcome")
    op.drop_table("mailbox")
