"""The tables of what happened to items and issues."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from store.tables import metadata
from store.types import Counter, UtcDateTime, Words

item_changes = Table(
    "item_changes",
    metadata,
    Column("number", Counter, primary_key=True, autoincrement=True),
    Column("item", Text, ForeignKey("items.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("person", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("why", Words, nullable=False),
)

issue_changes = Table(
    "issue_changes",
    metadata,
    Column("number", Counter, primary_key=True, autoincrement=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("person", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("why", Words, nullable=False),
)
