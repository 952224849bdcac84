"""Sequences as reps run them: windows, caps, tasks, variants, tracking."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for sequences as reps run them."""


def downgrade() -> None:
    """Take it away again."""
