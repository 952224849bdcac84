"""Steps of other kinds."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state = 'open'")
_UNJUDGED = sa.text("judged_at IS NULL")
_CAME_BACK_BEFORE = sa.text(
    "event IN ('bounced', 'soft_bounced', 'replied', 'unsubscribed', 'complained')"
)
_CAME_BACK = sa.text(
    "event IN ('bounced', 'soft_bounced', 'replied', 'unsubscribed', 'complained', "
    "'opened', 'clicked', 'opened_by_machine', 'clicked_by_machine')"
)


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
    _make_room_for_visits()
    _make_room_for_companies()


def downgrade() -> None:
    """Forget what the steps of other kinds had."""
    _index_what_came_back(_CAME_BACK_BEFORE)
    op.drop_table("visit")
    op.drop_index("ix_enrollment_company", "enrollment")
    op.drop_column("enrollment", "company")
    op.drop_index("ix_message_open", "message")
    op.drop_table("task")


def _make_room_for_companies() -> None:
    op.add_column("enrollment", sa.Column("company", sa.Text(), nullable=True))
    op.create_index("ix_enrollment_company", "enrollment", ["company"])


def _make_room_for_visits() -> None:
    op.create_table(
        "visit",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("message", _ROW_ID, nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_visit_message"),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
    )
    op.create_index("ix_visit_message", "visit", ["message"])
    op.create_index(
        "ix_visit_unjudged", "visit", ["at"],
        sqlite_where=_UNJUDGED, postgresql_where=_UNJUDGED,
    )  # fmt: skip
    _index_what_came_back(_CAME_BACK)


def _index_what_came_back(condition: sa.TextClause) -> None:
    op.drop_index("ix_event_came_back", "event")
    op.create_index(
        "ix_event_came_back",
        "event",
        ["campaign_id", "event", "position", "enrollment_id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
