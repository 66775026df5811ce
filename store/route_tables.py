"""The tables of route: mentions with their tags and claims, issues, items and teams."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from gordon.events import Assigned, ClaimLine, Evidence, Learned
from gordon.records import Pause
from store.tables import metadata
from store.types import Counter, Json, UtcDateTime, Words

mentions = Table(
    "mentions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("feed", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("published", UtcDateTime),
    Column("seen", UtcDateTime, nullable=False, index=True),
    Column("author", Words),
    Column("kind", Text, nullable=False),
    Column("flags", Json(tuple[str, ...]), nullable=False),
    Column("tagged", Boolean, nullable=False, index=True),
    Column("policy_version", Words, nullable=False),
    Column("text", Words, nullable=False),
)


def _of_mention() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["mention", "revision"], ["mentions.id", "mentions.revision"])


tags = Table(
    "tags",
    metadata,
    Column("mention", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("score", Double, nullable=False),
    Column("evidence", Json(tuple[Evidence, ...]), nullable=False),
    Column("learned", Json(Learned | None), nullable=False),
    _of_mention(),
    Index(None, "file"),
)

claims = Table(
    "claims",
    metadata,
    Column("mention", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("file", Text, nullable=False),
    Column("claim", Text, nullable=False),
    Column("score", Double, nullable=False),
    Column("quote", Words, nullable=False),
    Column("field", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("line", Json(ClaimLine | None), nullable=False),
    Column("flags", Json(tuple[str, ...]), nullable=False),
    _of_mention(),
    Index(None, "file", "claim"),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Text, primary_key=True),
    Column("file", Text, nullable=False),
    Column("title", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False, index=True),
    Column("mentions", Integer, nullable=False),
    Column("merged_into", Text, nullable=False),
    Index(None, "file", "last_seen"),
    Index(None, "state", "last_seen"),
)

issue_mentions = Table(
    "issue_mentions",
    metadata,
    Column("issue", Text, ForeignKey("issues.id"), primary_key=True),
    Column("mention", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("joined", UtcDateTime, nullable=False),
    Column("why", Words, nullable=False),
    _of_mention(),
    Index(None, "mention"),
)

# One row for each file: the lock of route's work on it and the number of changes so far.
file_versions = Table(
    "file_versions",
    metadata,
    Column("file", Text, primary_key=True),
    Column("counter", Counter, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Text, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False, index=True),
    Column("queue", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened", UtcDateTime, nullable=False),
    Column("updated", UtcDateTime, nullable=False, index=True),
    Column("assigned", Json(Assigned), nullable=False),
    Column("next_due", UtcDateTime),
    Column("fired", Json(tuple[str, ...]), nullable=False),
    Column("pauses", Json(tuple[Pause, ...]), nullable=False),
    Column("gaps", Integer, nullable=False),
    Index(None, "state", "queue", "opened"),
    Index(None, "state", "next_due"),
)

# All of an Item; the number of its gaps is for counting alone.
item_columns = tuple(column for column in items.c if column.name != "gaps")

# Open items of each person who has or had any: what would otherwise be counted anew for every batch.
loads = Table(
    "loads",
    metadata,
    Column("person", Text, primary_key=True),
    Column("items", Integer, nullable=False),
)

teams = Table(
    "teams",
    metadata,
    Column("item", Text, ForeignKey("items.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("disciplines", Json(tuple[str, ...]), nullable=False),
    Column("expertise", Text, nullable=False),
    Column("authority", Json(tuple[str, ...]), nullable=False),
    Column("why", Words, nullable=False),
    Index(None, "person"),
)
