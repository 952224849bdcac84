"""What follows from what comes back: retries, pauses, unsubscribing, webhooks."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for what follows from what comes back."""


def downgrade() -> None:
    """Take it away again."""
