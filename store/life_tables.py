"""The tables of what happens to items and issues: audit, decisions of people, silences, how busy files are."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, Table, Text

from store.tables import metadata
from store.types import Counter, Json, UtcDateTime, Words

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
    Column("other", Text, nullable=False),
    Column("why", Words, nullable=False),
)

# What people decided and the stream respects: the issue of a mention, and issues that are never merged.
homes = Table(
    "homes",
    metadata,
    Column("file", Text, primary_key=True),
    Column("mention", Text, primary_key=True),
    Column("issue", Text, nullable=False),
)

apart = Table(
    "apart",
    metadata,
    Column("file", Text, primary_key=True),
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
)

# Where each tagged mention went: to queues, or to a silence.
routings = Table(
    "routings",
    metadata,
    Column("mention", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("queues", Json(tuple[str, ...]), nullable=False),
    Column("silence", Text, nullable=False),
    Column("why", Words, nullable=False),
    ForeignKeyConstraint(["mention", "revision"], ["mentions.id", "mentions.revision"]),
)

file_hours = Table(
    "file_hours",
    metadata,
    Column("file", Text, primary_key=True),
    Column("hour", UtcDateTime, primary_key=True, index=True),
    Column("mentions", Integer, nullable=False),
)
