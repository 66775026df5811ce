"""The tables of ingest and of delivery: feeds, hosts, polls, entries, revisions, held, hubs; outbox, inbox, leases,
dead letters.

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
    false,
    text,
)

from gordon.bus import Headers
from gordon.events import Mention
from gordon.polling import Hints
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
    Column("host", Words, nullable=False),
    Column("full_text", Boolean, nullable=False),
    Column("gap", Double, nullable=False),
    Column("arrivals", Integer, nullable=False),
    Column("hints", Json(Hints), nullable=False),
    Column("moved_to", Words, nullable=False),
    Column("moved_times", Integer, nullable=False),
    Column("moved_since", UtcDateTime),
    Column("hub", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("pushed", Boolean, nullable=False),
    Index("ix_feeds_visits", "host", "next_due", "id", sqlite_where=text("subscribed = 1 AND stopped = 0"),
          postgresql_where=text("subscribed AND NOT stopped")),
)  # fmt: skip

# Who may visit a host, and since when not. ``owner`` is "" while nobody has the lease.
hosts = Table(
    "hosts",
    metadata,
    Column("host", Words, primary_key=True),
    Column("site", Words, nullable=False, index=True),
    Column("free_at", UtcDateTime),
    Column("rest_until", UtcDateTime),
    Column("delay", Double, nullable=False),
    Column("strikes", Integer, nullable=False),
    Column("struck", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", Text, nullable=False, index=True),
    Column("leased_until", UtcDateTime),
)

# What the last poll remembered of the entries of a feed's body; only ingest can read it.
readings = Table(
    "readings",
    metadata,
    Column("feed", Text, ForeignKey("feeds.id"), primary_key=True),
    Column("data", LargeBinary, nullable=False),
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
    Column("held", Integer, nullable=False),
    Index(None, "polled"),
)

# ``key``: a digest of ``identity``, which may be longer than PostgreSQL can index. ``link`` and ``content``: digests by
# which an entry is recognised under another name; "" in entries of old. ``dropped``: a person has refused what was held
# of it, so that it may have no revision.
entries = Table(
    "entries",
    metadata,
    Column("feed", Text, ForeignKey("feeds.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("identity", Words, nullable=False),
    Column("mention", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("dropped", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("mention"),
    Index("ix_entries_link", "feed", "link"),
    Index("ix_entries_content", "feed", "content"),
)

# Revisions that are not published yet: they wait for a person ("flood") or for the page at ``url`` ("page").
held = Table(
    "held",
    metadata,
    Column("number", Counter, primary_key=True, autoincrement=True),
    Column("mention", Text, ForeignKey("entries.mention"), nullable=False),
    Column("feed", Text, ForeignKey("feeds.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("url", Words, nullable=False),
    Column("host", Words, nullable=False),
    Column("next_due", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("data", Json(Mention), nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Words, nullable=False),
    Column("headers", Json(Headers), nullable=False),
    Column("value", LargeBinary, nullable=False),
    UniqueConstraint("mention"),
    Index("ix_held_due", "reason", "next_due"),
)

hub_subscriptions = Table(
    "hub_subscriptions",
    metadata,
    Column("feed", Text, ForeignKey("feeds.id"), primary_key=True),
    Column("hub", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("token", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("next_try", UtcDateTime, nullable=False),
    Column("expires", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("last_push", UtcDateTime),
    Column("detail", Words, nullable=False),
    UniqueConstraint("token"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("mention", Text, ForeignKey("entries.mention"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("seen", UtcDateTime, nullable=False, index=True),
    Column("language", Text, nullable=False),
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
