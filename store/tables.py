"""The tables of ingest and of delivery: feeds, polls, entries, revisions, outbox, inbox, leases, dead letters.

The tables of route stand in store/route_tables.py, on the same ``metadata``. What the databases really hold is made
by store/migrations/; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gordon.bus import Headers
from gordon.events import Mention
from store.types import Counter, Json, UtcDateTime, Words

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)

# ``url``: as the desk has it; ``current_url``: where polling found the feed to live.
feeds = Table(
    "feeds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("folder", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("subscribed", Boolean, nullable=False),
    Column("current_url", Words, nullable=False),
    Column("etag", Words, nullable=False),
    Column("last_modified", Words, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("interval", Double, nullable=False),
    Column("next_due", UtcDateTime, nullable=False, index=True),
    Column("last_poll", UtcDateTime),
    Column("last_full", UtcDateTime),
    Column("last_new", UtcDateTime),
    Column("outcome", Text, nullable=False),
    Column("detail", Words, nullable=False),
    Column("status", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("stopped", Boolean, nullable=False),
)

polls = Table(
    "polls",
    metadata,
    Column("feed", Text, ForeignKey("feeds.id"), primary_key=True),
    Column("polled", UtcDateTime, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("edited", Integer, nullable=False),
    Column("detail", Words, nullable=False),
    Index(None, "polled"),
)

# ``key``: a digest of ``identity``, which may be longer than PostgreSQL can index.
entries = Table(
    "entries",
    metadata,
    Column("feed", Text, ForeignKey("feeds.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("identity", Words, nullable=False),
    Column("mention", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    UniqueConstraint("mention"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("mention", Text, ForeignKey("entries.mention"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("seen", UtcDateTime, nullable=False),
    Column("data", Json(Mention), nullable=False),
)

# ``created`` is None when neither the writer nor the message names a time. Long columns stand last here and in
# other tables: SQLite reads through them to get at what follows.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("stage", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Words, nullable=False),
    Column("created", UtcDateTime),
    Column("published", UtcDateTime),
    Column("headers", Json(Headers), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Index("ix_outbox_pending", "stage", "id", sqlite_where=text("published IS NULL"),
          postgresql_where=text("published IS NULL")),
    sqlite_autoincrement=True,
)  # fmt: skip

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("handled", UtcDateTime, nullable=False, index=True),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("expires", UtcDateTime, nullable=False),
)

# ``mention`` and ``revision`` are read out of ``subject``, to count what died without parsing text in SQL.
dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("error", Words, nullable=False),
    Column("traceback", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", Counter, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("key", Words, nullable=False),
    Column("headers", Json(dict[str, str]), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("subject", Words, nullable=False),
    Column("mention", Words),
    Column("revision", Integer),
    Column("died", UtcDateTime, nullable=False, index=True),
    Column("replayed", UtcDateTime),
)
