"""Steps of other kinds."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Make room for steps of other kinds."""
    op.create_table(
        "task",
        sa.Column("message", _ROW_ID, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_task_message"),
        sa.PrimaryKeyConstraint("message", name="pk_task"),
    )
    op.create_index(
        "ix_message_open", "message", ["sequence_id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    _make_room_for_companies()


def downgrade() -> None:
    """Forget what the steps of other kinds had."""
    op.drop_index("ix_enrollment_company", "enrollment")
    op.drop_column("enrollment", "company")
    op.drop_index("ix_message_open", "message")
    op.drop_table("task")


def _make_room_for_companies() -> None:
    op.add_column("enrollment", sa.Column("company", sa.Text(), nullable=True))
    op.create_index("ix_enrollment_company", "enrollment", ["company"])
