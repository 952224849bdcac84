"""The console: users, sessions, what they changed."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for the console."""


def downgrade() -> None:
    """Take it away again."""
