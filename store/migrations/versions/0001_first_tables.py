"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _ingest()
    _delivery()
    _mentions()
    _issues()
    _items()


def downgrade() -> None:
    raise RuntimeError("a database is never downgraded: restore a backup")


def _ingest() -> None:
    """Feeds, polls, entries, revisions."""
    op.create_table(
        "feeds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subscribed", sa.Boolean(), nullable=False),
        sa.Column("current_url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("interval", sa.Double(), nullable=False),
        sa.Column("next_due", TIME, nullable=False),
        sa.Column("last_poll", TIME),
        sa.Column("last_full", TIME),
        sa.Column("last_new", TIME),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
    )
    op.create_index("ix_feeds_next_due", "feeds", ["next_due"])
    op.create_table(
        "polls",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("polled", TIME, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("edited", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feeds.id"], name="fk_polls_feeds"),
        sa.PrimaryKeyConstraint("feed", "polled", name="pk_polls"),
    )
    op.create_index("ix_polls_polled", "polls", ["polled"])
    op.create_table(
        "entries",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feeds.id"], name="fk_entries_feeds"),
        sa.PrimaryKeyConstraint("feed", "key", name="pk_entries"),
        sa.UniqueConstraint("mention", name="uq_entries_mention"),
    )
    op.create_table(
        "revisions",
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seen", TIME, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mention"], ["entries.mention"], name="fk_revisions_entries"),
        sa.PrimaryKeyConstraint("mention", "revision", name="pk_revisions"),
    )


def _delivery() -> None:
    """Outbox, inbox, leases, dead letters."""
    op.create_table(
        "outbox",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created", TIME),
        sa.Column("published", TIME),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["stage", "id"],
        sqlite_where=sa.text("published IS NULL"),
        postgresql_where=sa.text("published IS NULL"),
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("handled", TIME, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event", name="pk_inbox"),
    )
    op.create_index("ix_inbox_handled", "inbox", ["handled"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("expires", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", COUNTER, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("mention", sa.Text()),
        sa.Column("revision", sa.Integer()),
        sa.Column("died", TIME, nullable=False),
        sa.Column("replayed", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_dead_letters"),
    )
    op.create_index("ix_dead_letters_died", "dead_letters", ["died"])


def _mentions() -> None:
    """Mentions, tags, claims."""
    op.create_table(
        "mentions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("published", TIME),
        sa.Column("seen", TIME, nullable=False),
        sa.Column("author", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("tagged", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "revision", name="pk_mentions"),
    )
    op.create_index("ix_mentions_seen", "mentions", ["seen"])
    op.create_index("ix_mentions_tagged", "mentions", ["tagged"])
    op.create_table(
        "tags",
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mention", "revision"], ["mentions.id", "mentions.revision"], name="fk_tags_mentions"),
        sa.PrimaryKeyConstraint("mention", "revision", "file", name="pk_tags"),
    )
    op.create_index("ix_tags_file", "tags", ["file"])
    op.create_table(
        "claims",
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mention", "revision"], ["mentions.id", "mentions.revision"], name="fk_claims_mentions"
        ),
        sa.PrimaryKeyConstraint("mention", "revision", "position", name="pk_claims"),
    )
    op.create_index("ix_claims_file_claim", "claims", ["file", "claim"])


def _issues() -> None:
    """File versions, issues, issue mentions."""
    op.create_table(
        "file_versions",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("counter", COUNTER, nullable=False),
        sa.PrimaryKeyConstraint("file", name="pk_file_versions"),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened", TIME, nullable=False),
        sa.Column("last_seen", TIME, nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_issues"),
    )
    op.create_index("ix_issues_file_last_seen", "issues", ["file", "last_seen"])
    op.create_index("ix_issues_last_seen", "issues", ["last_seen"])
    op.create_table(
        "issue_mentions",
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("joined", TIME, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name="fk_issue_mentions_issues"),
        sa.ForeignKeyConstraint(
            ["mention", "revision"], ["mentions.id", "mentions.revision"], name="fk_issue_mentions_mentions"
        ),
        sa.PrimaryKeyConstraint("issue", "mention", name="pk_issue_mentions"),
    )
    op.create_index("ix_issue_mentions_mention", "issue_mentions", ["mention"])


def _items() -> None:
    """Items, teams."""
    op.create_table(
        "items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened", TIME, nullable=False),
        sa.Column("updated", TIME, nullable=False),
        sa.Column("assigned", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name="fk_items_issues"),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
    )
    op.create_index("ix_items_issue", "items", ["issue"])
    op.create_index("ix_items_state_queue_opened", "items", ["state", "queue", "opened"])
    op.create_index("ix_items_updated", "items", ["updated"])
    op.create_table(
        "teams",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("disciplines", sa.Text(), nullable=False),
        sa.Column("expertise", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_teams_items"),
        sa.PrimaryKeyConstraint("item", "person", name="pk_teams"),
    )
    op.create_index("ix_teams_person", "teams", ["person"])
