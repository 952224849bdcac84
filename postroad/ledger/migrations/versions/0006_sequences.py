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
    op.create_table(
        "own_text",
        sa.Column("message", _ROW_ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_own_text_message"),
        sa.PrimaryKeyConstraint("message", name="pk_own_text"),
    )
    op.add_column("step", sa.Column("removed_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "pause",
        sa.Column("enrollment_id", _ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", _ROW_ID, nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollment.id"], name="fk_pause_enrollment_id"
        ),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_pause_message"),
        sa.PrimaryKeyConstraint("enrollment_id", name="pk_pause"),
    )
    op.create_index(
        "ix_message_open", "message", ["sequence_id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    _make_room_for_visits()
    _make_room_for_the_api()
    _make_room_for_variants()
    _make_room_for_companies()
    _make_room_for_the_library()


def downgrade() -> None:
    """Forget what the steps of other kinds had."""
    op.drop_table("library_text")
    op.drop_index("ix_step_text_library_name", "step_text")
    op.drop_column("step_text", "library_version")
    op.drop_column("step_text", "library_name")
    op.drop_index("ix_enrollment_company", "enrollment")
    op.drop_column("enrollment", "company")
    op.drop_table("step_variant")
    op.drop_column("step_text", "variant")
    op.drop_column("step", "judge_at")
    op.drop_column("step", "winner")
    op.drop_column("webhook", "from_file")
    op.drop_table("idempotency_key")
    op.drop_table("api_token")
    _index_what_came_back(_CAME_BACK_BEFORE)
    op.drop_table("visit")
    op.drop_index("ix_message_open", "message")
    op.drop_table("pause")
    op.drop_column("step", "removed_at")
    op.drop_table("own_text")
    op.drop_table("task")


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


def _make_room_for_companies() -> None:
    op.add_column("enrollment", sa.Column("company", sa.Text(), nullable=True))
    op.create_index("ix_enrollment_company", "enrollment", ["company"])


def _make_room_for_the_library() -> None:
    op.add_column("step_text", sa.Column("library_name", sa.String(80), nullable=True))
    op.add_column("step_text", sa.Column("library_version", sa.Integer(), nullable=True))
    op.create_index("ix_step_text_library_name", "step_text", ["library_name"])
    op.create_table(
        "library_text",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("template", sa.JSON(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "version", name="pk_library_text"),
    )


def _make_room_for_variants() -> None:
    op.add_column("step", sa.Column("winner", sa.Text(), nullable=True))
    op.add_column("step", sa.Column("judge_at", sa.BigInteger(), nullable=True))
    variant = sa.Column("variant", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("step_text", variant)
    op.create_table(
        "step_variant",
        sa.Column("campaign_id", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_step_variant_campaign_id"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "position", "id", name="pk_step_variant"),
    )


def _make_room_for_the_api() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("per_minute", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("name", name="uq_api_token_name"),
        sa.UniqueConstraint("digest", name="uq_api_token_digest"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("token_id", _ROW_ID, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["token_id"], ["api_token.id"], name="fk_idempotency_key_token_id"),
        sa.PrimaryKeyConstraint("token_id", "key", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_first_at", "idempotency_key", ["first_at"])
    op.add_column(
        "webhook", sa.Column("from_file", sa.Boolean(), nullable=False, server_default=sa.true())
    )
