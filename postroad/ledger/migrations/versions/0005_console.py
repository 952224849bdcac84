"""The console: users, sessions, what they changed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CAME_BACK = sa.text(
    "event IN ('bounced', 'soft_bounced', 'replied', 'unsubscribed', 'complained')"
)


def upgrade() -> None:
    """Make room for the console."""
    op.create_table(
        "console_user",
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("email", name="pk_console_user"),
    )
    op.create_table(
        "console_session",
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_digest", name="pk_console_session"),
    )
    op.create_index("ix_console_session_email", "console_session", ["email"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempt"),
    )
    op.create_index("ix_sign_in_attempt_subject_at", "sign_in_attempt", ["subject", "at"])
    op.create_table(
        "audit_entry",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_event_event_at", "event", ["event", "at"])
    op.create_index(
        "ix_event_came_back",
        "event",
        ["campaign_id", "event", "position", "enrollment_id"],
        sqlite_where=_CAME_BACK,
        postgresql_where=_CAME_BACK,
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_event_came_back", "event")
    op.drop_index("ix_event_event_at", "event")
    for table in ("audit_entry", "sign_in_attempt", "console_session", "console_user"):
        op.drop_table(table)
