"""What a replay of stored mentions reads, and only reads: the mentions of a stretch of time in order, in pages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, tuple_

from gordon.events import Mention
from store.database import Database
from store.life_tables import file_hours
from store.route_tables import issue_mentions, issues, mentions
from store.stories import to_mention
from store.upsert import add_missing, chunks


def count_found(database: Database, start: datetime, end: datetime) -> int:
    """How many recorded mention revisions were found from ``start`` (inclusive) to ``end`` (exclusive)."""
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(mentions).where(_within(start, end))) or 0


def newest_found(database: Database) -> datetime | None:
    """When the last recorded mention was found; None where there is none."""
    with database.reading() as connection:
        newest: datetime | None = connection.scalar(select(func.max(mentions.c.seen)))
        return newest


def found(database: Database, start: datetime, end: datetime, after: Mention | None, most: int) -> list[Mention]:
    """The first ``most`` recorded revisions of the stretch behind ``after``, in the order in which they were found."""
    order = (mentions.c.seen, mentions.c.id, mentions.c.revision)
    query = select(mentions).where(_within(start, end)).order_by(*order).limit(most)
    if after is not None:
        bound = (literal(after.seen, mentions.c.seen.type), literal(after.id), literal(after.revision))
        query = query.where(mentions.c.seen >= after.seen, tuple_(*order) > tuple_(*bound))
    with database.reading() as connection:
        return [to_mention(row) for row in connection.execute(query)]


def _within(start: datetime, end: datetime) -> ColumnElement[bool]:
    return (mentions.c.seen >= start) & (mentions.c.seen < end)


def copy_hours(source: Database, target: Database, files: Collection[str], start: datetime, end: datetime) -> None:
    """How often these files were mentioned in each hour of the stretch, and since when anything was counted, into a
    database that knows nothing yet."""
    wanted = (file_hours.c.hour >= start) & (file_hours.c.hour < end)
    with source.reading() as connection:
        first = connection.scalar(select(func.min(file_hours.c.hour)))
        rows = [{"file": "", "hour": first, "mentions": 0}] if first is not None else []
        for some in chunks(sorted(files)):
            query = select(file_hours).where(wanted, file_hours.c.file.in_(some))
            rows += [dict(row) for row in connection.execute(query).mappings()]
    with target.writing() as connection:
        add_missing(connection, file_hours, rows)


def issues_of(database: Database, wanted: Collection[str]) -> dict[tuple[str, str], str]:
    """The issue of each of these mentions, by file and mention."""
    homes: dict[tuple[str, str], str] = {}
    with database.reading() as connection:
        for some in chunks(sorted(wanted)):
            query = select(issues.c.file, issue_mentions.c.mention, issues.c.id).join_from(issue_mentions, issues)
            for file, mention, issue in connection.execute(query.where(issue_mentions.c.mention.in_(some))):
                homes[file, mention] = issue
    return homes
