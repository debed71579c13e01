"""Alembic's entry: runs the migrations over the connection that `billfold.adapters.store.schema` opened."""

from alembic import context

from billfold.adapters.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
