"""Mentions that are held back: for a person (flood) or for their page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy import insert as plain_insert

from gordon.bus import Message
from gordon.hosts import host_of
from gordon.polling import Found, HeldMention
from store.claims import add_hosts
from store.database import Database
from store.outbox import post
from store.tables import entries, revisions
from store.tables import held as table
from store.upsert import Row, chunks, insert

REVIEW = "flood"


def hold(connection: Connection, found: Sequence[tuple[str, Found]], now: datetime) -> None:
    """Keeps what is held, by feed; one that is held already is replaced where it stands."""
    rows = [_row(feed, one, now) for feed, one in found if one.held]
    if not rows:
        return
    add_hosts(connection, {row["host"] for row in rows if row["reason"] == "page"})
    statement = insert(connection, table)
    kept = ("reason", "url", "host", "next_due", "data", "topic", "key", "headers", "value")
    news = {name: statement.excluded[name] for name in kept}
    connection.execute(statement.on_conflict_do_update(index_elements=["mention"], set_=news), rows)


def _row(feed: str, one: Found, now: datetime) -> Row:
    message = one.message
    return {
        "mention": one.mention.id, "feed": feed, "reason": one.held, "since": now, "url": one.mention.url,
        "host": host_of(one.mention.url), "next_due": now, "failures": 0, "data": one.mention, "topic": message.topic,
        "key": message.key, "headers": message.headers, "value": message.value,
    }  # fmt: skip


def let_go(connection: Connection, mentions: Sequence[str]) -> None:
    """These are published in another way: nothing of them is held any more."""
    for some in chunks(mentions):
        connection.execute(delete(table).where(table.c.mention.in_(some)))


def held_mentions(database: Database, feed: str | None = None) -> list[HeldMention]:
    """What is held, of one feed or of all, oldest first."""
    query = select(table.c.feed, table.c.reason, table.c.since, table.c.data.label("mention")).order_by(table.c.number)
    with database.reading() as connection:
        rows = connection.execute(query if feed is None else query.where(table.c.feed == feed))
        return [HeldMention(**row) for row in rows.mappings()]


def release_held(database: Database, feed: str, now: datetime) -> int:
    """Publishes what is held of a feed for review, in order; says how many mentions."""
    query = select(table).where(table.c.feed == feed, table.c.reason == REVIEW).order_by(table.c.number)
    with database.writing() as connection:
        rows = connection.execute(query.with_for_update()).all()
        new = [
            {"mention": row.mention, "revision": row.data.revision, "seen": row.data.seen,
             "language": row.data.language, "data": row.data}
            for row in rows
        ]  # fmt: skip
        if new:
            connection.execute(plain_insert(revisions), new)
        post(connection, "ingest", [Message(row.topic, row.key, row.value, row.headers) for row in rows], now)
        let_go(connection, [row.mention for row in rows])
        return len(rows)


def drop_held(database: Database, feed: str) -> int:
    """Forgets what is held of a feed for review; says how many mentions. Their entries stay known: they do not come
    again."""
    waiting = (table.c.feed == feed) & (table.c.reason == REVIEW)
    dropped = 0
    with database.writing() as connection:
        # Entries before what is held of them, as a poll has it: nobody waits in a circle.
        for some in chunks(connection.scalars(select(table.c.mention).where(waiting).order_by(table.c.mention))):
            connection.execute(update(entries).where(entries.c.mention.in_(some)).values(dropped=True))
            dropped += connection.execute(delete(table).where(waiting, table.c.mention.in_(some))).rowcount
    return dropped


def held_by_feed(database: Database) -> dict[str, int]:
    """How many mentions of each feed wait for a person."""
    return _counted(database, table.c.feed, review_only=True)


def held_by_reason(database: Database) -> dict[str, int]:
    """How many mentions are held, by the reason."""
    return _counted(database, table.c.reason, review_only=False)


def _counted(database: Database, column: object, *, review_only: bool) -> dict[str, int]:
    query = select(column, func.count()).group_by(column)  # type: ignore[call-overload]  # a column of either name
    with database.reading() as connection:
        rows = connection.execute(query.where(table.c.reason == REVIEW) if review_only else query)
        return {name: count for name, count in rows}
