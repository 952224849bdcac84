"""Runs migrations on the connection that `postroad.ledger.schema` passes in."""

from alembic import context

from postroad.ledger.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
