"""The tables of webhooks: the webhooks themselves, and the events that they are to get."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from store.tables import metadata
from store.types import Counter, UtcDateTime, Words

# ``address``: a digest of the URL, which may hold a token. ``wanted``: the desk has it. ``failures``: tries in a row
# that failed.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("last_try", UtcDateTime),
    Column("last_outcome", Text, nullable=False),
    Column("last_detail", Words, nullable=False),
)

# ``number`` is the order in which events came; numbers are never given out twice.
deliveries = Table(
    "deliveries",
    metadata,
    Column("number", Counter, primary_key=True, autoincrement=True),
    Column("webhook", Text, ForeignKey("webhooks.id"), nullable=False),
    Column("event", Text, nullable=False),
    Column("issue", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime, index=True),
    Column("outcome", Text, nullable=False),
    Column("detail", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("webhook", "event"),
    Index("ix_deliveries_due", "webhook", "next_try", sqlite_where=text("state = 'waiting'"),
          postgresql_where=text("state = 'waiting'")),
    Index("ix_deliveries_issue", "webhook", "issue", "number", sqlite_where=text("state = 'waiting'"),
          postgresql_where=text("state = 'waiting'")),
    sqlite_autoincrement=True,
)  # fmt: skip
