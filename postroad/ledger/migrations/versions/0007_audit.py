"""Entries of the audit log that are written before their changes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tell changes that were made from those that were asked for."""
    op.add_column("audit_entry", sa.Column("concluded_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE audit_entry SET concluded_at = at")


def downgrade() -> None:
    """Forget when changes were known to be made."""
    with op.batch_alter_table("audit_entry") as table:
        table.drop_column("concluded_at")
