"""Run by Alembic: the revisions, on the connection and in the transaction of store.migrate."""

from __future__ import annotations

from alembic import context

from store import route_tables

context.configure(connection=context.config.attributes["connection"], target_metadata=route_tables.mentions.metadata)
context.run_migrations()
