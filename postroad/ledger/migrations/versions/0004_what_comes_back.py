"""What follows from what comes back: retries, pauses, unsubscribing, webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for what follows from what comes back."""
    op.create_table(
        "returned_try",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("message", _ROW_ID, nullable=False),
        sa.Column("channel_id", sa.String(100), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("charge_at", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_returned_try"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_returned_try_message"),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_returned_try_channel_id"),
    )
    op.create_index("ix_returned_try_message", "returned_try", ["message"])
    for scope in ("channel_id", "domain"):
        op.create_index(f"ix_returned_try_{scope}_charge_at", "returned_try", [scope, "charge_at"])
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("state_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    for table in ("campaign", "channel"):
        op.add_column(table, sa.Column("canary_from", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Forget retries; what was sent again stays sent."""
    for table in ("channel", "campaign"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("canary_from")
    op.drop_table("webhook")
    op.drop_table("returned_try")
