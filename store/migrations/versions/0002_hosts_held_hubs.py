"""Hosts as the unit of polling, readings, held mentions, hubs; habits, hints and moves of feeds; aliases of entries."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _feeds()
    _hosts()
    _entries()
    _held()
    _hubs()


def downgrade() -> None:
    raise RuntimeError("a database is never downgraded: restore a backup")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _feeds() -> None:
    for column in (
        _text("host"), _flag("full_text"), sa.Column("gap", sa.Double(), nullable=False, server_default="0"),
        _number("arrivals"), sa.Column("hints", sa.Text(), nullable=False, server_default="{}"), _text("moved_to"),
        _number("moved_times"), sa.Column("moved_since", TIME), _text("hub"), _text("topic"), _flag("pushed"),
    ):  # fmt: skip
        op.add_column("feeds", column)
    op.create_index(
        "ix_feeds_visits",
        "feeds",
        ["host", "next_due", "id"],
        sqlite_where=sa.text("subscribed = 1 AND stopped = 0"),
        postgresql_where=sa.text("subscribed AND NOT stopped"),
    )
    op.add_column("polls", _number("held"))
    op.create_table(
        "readings",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feeds.id"], name="fk_readings_feeds"),
        sa.PrimaryKeyConstraint("feed", name="pk_readings"),
    )


def _hosts() -> None:
    """A row for each host of a known feed."""
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("free_at", TIME),
        sa.Column("rest_until", TIME),
        sa.Column("delay", sa.Double(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("struck", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("leased_until", TIME),
        sa.PrimaryKeyConstraint("host", name="pk_hosts"),
    )
    op.create_index("ix_hosts_owner", "hosts", ["owner"])
    op.create_index("ix_hosts_site", "hosts", ["site"])
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, current_url FROM feeds")).all()
    by_feed = {feed: _host_of(url) for feed, url in rows}
    if by_feed:
        connection.execute(
            sa.text("UPDATE feeds SET host = :host WHERE id = :feed"),
            [{"feed": feed, "host": host} for feed, host in by_feed.items()],
        )
        connection.execute(
            sa.text(
                "INSERT INTO hosts (host, site, delay, strikes, struck, epoch, owner)"
                " VALUES (:host, '', 0, 0, '', 0, '')"
            ),
            [{"host": host} for host in sorted(set(by_feed.values()))],
        )


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _entries() -> None:
    op.add_column("entries", _text("link"))
    op.add_column("entries", _text("content"))
    op.add_column("entries", _flag("dropped"))
    op.create_index("ix_entries_link", "entries", ["feed", "link"])
    op.create_index("ix_entries_content", "entries", ["feed", "content"])
    op.add_column("revisions", _text("language"))
    op.create_index("ix_revisions_seen", "revisions", ["seen"])
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    # PostgreSQL cannot make text of a NUL in any field, and one such row would keep the whole database from coming up.
    whole = r"replace(data, '\u0000', '\ufffd')::json ->> 'language'"
    language = "json_extract(data, '$.language')" if sqlite else whole
    connection.execute(sa.text(f"UPDATE revisions SET language = coalesce({language}, '')"))


def _held() -> None:
    op.create_table(
        "held",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_due", TIME, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["mention"], ["entries.mention"], name="fk_held_entries"),
        sa.ForeignKeyConstraint(["feed"], ["feeds.id"], name="fk_held_feeds"),
        sa.PrimaryKeyConstraint("number", name="pk_held"),
        sa.UniqueConstraint("mention", name="uq_held_mention"),
    )
    op.create_index("ix_held_feed", "held", ["feed"])
    op.create_index("ix_held_due", "held", ["reason", "next_due"])


def _hubs() -> None:
    op.create_table(
        "hub_subscriptions",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_try", TIME, nullable=False),
        sa.Column("expires", TIME),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_push", TIME),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feeds.id"], name="fk_hub_subscriptions_feeds"),
        sa.PrimaryKeyConstraint("feed", name="pk_hub_subscriptions"),
        sa.UniqueConstraint("token", name="uq_hub_subscriptions_token"),
    )
