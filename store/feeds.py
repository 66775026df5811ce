"""What the command line asks about feeds: subscriptions with their state, and their history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import case, func, select, update

from gordon.errors import NotFound
from gordon.polling import Count, Feed, FeedState, PollNote
from store.claims import state_columns
from store.database import Database
from store.tables import feeds as table
from store.tables import polls, revisions

_described = (table.c.url.label("desk_url"), table.c.title, table.c.folder)


def feeds(database: Database, *, retired: bool = False) -> list[tuple[Feed, FeedState]]:
    """The subscriptions as the desk names them, with their state, by folder and title; with ``retired`` those that
    were one once, too."""
    query = select(*state_columns, *_described).order_by(table.c.folder, table.c.title, table.c.id)
    with database.reading() as connection:
        rows = connection.execute(query if retired else query.where(table.c.subscribed))
        return [_pair(dict(row)) for row in rows.mappings()]


def _pair(row: dict[str, Any]) -> tuple[Feed, FeedState]:
    title, folder = row.pop("title"), row.pop("folder")
    feed = Feed(
        id=row["id"],
        url=row.pop("desk_url"),
        title=title,
        folder=folder,
        language=row["language"],
        full_text=row["full_text"],
    )
    return feed, FeedState(**row)


def poll_history(database: Database, feed: str, most: int) -> list[PollNote]:
    """The last polls of a feed, newest first. Raises NotFound for a feed that never was on the desk."""
    query = select(polls).where(polls.c.feed == feed).order_by(polls.c.polled.desc()).limit(most)
    with database.reading() as connection:
        if connection.scalar(select(table.c.id).where(table.c.id == feed)) is None:
            raise NotFound("feed", feed, "see: gordon feeds list")
        return [PollNote(**row) for row in connection.execute(query).mappings()]


def feeds_by_outcome(database: Database) -> dict[str, int]:
    """Subscribed feeds by how their last poll ended; those that are polled no more count as "stopped"."""
    outcome = case((table.c.stopped, "stopped"), else_=table.c.outcome)
    query = select(outcome, func.count()).where(table.c.subscribed).group_by(outcome)
    with database.reading() as connection:
        return {name: count for name, count in connection.execute(query)}


def silent_feeds(database: Database, before: datetime) -> list[FeedState]:
    """Subscriptions that are polled and had something new once, but nothing since before this time."""
    query = select(*state_columns).where(table.c.subscribed, ~table.c.stopped, table.c.last_new < before)
    with database.reading() as connection:
        return [FeedState(**row) for row in connection.execute(query).mappings()]


def resume(database: Database, feed: str, now: datetime) -> None:
    """A feed that said it was gone is polled again, at once. Raises NotFound for what is no subscription."""
    again = update(table).where(table.c.id == feed, table.c.subscribed).values(stopped=False, failures=0, next_due=now)
    with database.writing() as connection:
        if not connection.execute(again).rowcount:
            raise NotFound("feed", feed, "see: gordon feeds list")


def arrivals_by_language(database: Database, since: datetime) -> list[Count]:
    """New mentions first seen after this time, by language and hour."""
    with database.reading() as connection:
        sqlite = connection.dialect.name == "sqlite"
        hour: Any = func.substr(revisions.c.seen, 1, 13) if sqlite else func.date_trunc("hour", revisions.c.seen)
        query = select(revisions.c.language, hour, func.count()).where(
            revisions.c.seen > since, revisions.c.revision == 1
        )
        rows = connection.execute(query.group_by(revisions.c.language, hour)).all()
    return [Count(language=language, start=_hour(start), number=number) for language, start, number in rows]


def _hour(start: datetime | str) -> datetime:
    """SQLite has text, PostgreSQL a time; both are UTC."""
    return start if isinstance(start, datetime) else datetime.strptime(start, "%Y-%m-%d %H").replace(tzinfo=UTC)
