"""What Alembic runs for a migration: over the connection, and inside the transaction, that the store gives it."""

from __future__ import annotations

from alembic import context

from agent.migrations.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
