"""The completeness equation and what metrics count, all from one state of the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, case, exists, func, select

from gordon.records import Completeness
from store.database import Database
from store.life_tables import routings
from store.route_tables import issues, items, loads, mentions, tags
from store.tables import dead_letters, feeds, held, outbox, revisions


def completeness(database: Database) -> Completeness:
    """Mention revisions found, tagged, untagged, dead and missing; and mentions held, which are not found yet.

    Found are those of ingest, those that route recorded from elsewhere, and those that died on the way. Dead are the
    distinct mention revisions of dead letters that were not replayed, unless recorded meanwhile.
    """
    with database.reading() as connection:
        tagged = _count(connection, mentions, mentions.c.tagged)
        untagged = _count(connection, mentions, ~mentions.c.tagged)
        found, dead = _found_and_dead(connection)
        waiting, oldest = _waiting(connection)
        return Completeness(
            feeds=_count(connection, feeds, feeds.c.subscribed),
            found=found,
            tagged=tagged,
            untagged=untagged,
            dead=dead,
            missing=found - tagged - untagged - dead,
            issues=_count(connection, issues, issues.c.merged_into == ""),
            items=_count(connection, items),
            outbox=waiting,
            outbox_oldest=oldest,
            held=_count(connection, held),
            tags=_count(connection, tags),
            routed=_count(connection, routings, routings.c.silence == "", _tag_of(routings)),
            silenced=_count(connection, routings, routings.c.silence != "", _tag_of(routings)),
            tags_dead=_count(connection, tags, ~_routing_of(tags), _died(tags)),
        )


def _tag_of(table: Table) -> ColumnElement[bool]:
    return exists().where(_same(tags, table))


def _routing_of(table: Table) -> ColumnElement[bool]:
    return exists().where(_same(routings, table))


def _same(one: Table, other: Table) -> ColumnElement[bool]:
    return and_(one.c.mention == other.c.mention, one.c.revision == other.c.revision, one.c.file == other.c.file)


def _died(table: Table) -> ColumnElement[bool]:
    """The event of the tag died in route, which reads it by its file."""
    letters = dead_letters
    here = and_(letters.c.mention == table.c.mention, letters.c.revision == table.c.revision)
    return exists().where(here, letters.c.key == table.c.file, letters.c.replayed.is_(None))


def _count(connection: Connection, table: FromClause, *conditions: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _found_and_dead(connection: Connection) -> tuple[int, int]:
    is_found = exists().where(revisions.c.mention == mentions.c.id, revisions.c.revision == mentions.c.revision)
    elsewhere = _count(connection, mentions, ~is_found)
    letters = _unrecorded_letters()
    known = exists().where(revisions.c.mention == letters.c.mention, revisions.c.revision == letters.c.revision)
    found = _count(connection, revisions) + elsewhere + _count(connection, letters, ~known)
    return found, _count(connection, letters)


def _unrecorded_letters() -> FromClause:
    """Distinct mention revisions that died, were not replayed, and never reached route."""
    letters = dead_letters
    recorded = and_(mentions.c.id == letters.c.mention, mentions.c.revision == letters.c.revision)
    alive = select(letters.c.mention, letters.c.revision).where(letters.c.mention.is_not(None))
    return alive.where(letters.c.replayed.is_(None), ~exists().where(recorded)).distinct().subquery()


def _waiting(connection: Connection) -> tuple[int, datetime | None]:
    query: Any = select(func.count(), func.min(outbox.c.created)).where(outbox.c.published.is_(None))
    count, oldest = connection.execute(query).one()
    return count, oldest


def outbox_by_stage(database: Database) -> dict[str, tuple[int, datetime | None]]:
    """Of each stage that has any: the messages that wait to be published, and since when the oldest does."""
    query = select(outbox.c.stage, func.count(), func.min(outbox.c.created)).where(outbox.c.published.is_(None))
    with database.reading() as connection:
        rows = connection.execute(query.group_by(outbox.c.stage))
        return {stage: (count, oldest) for stage, count, oldest in rows}


def open_items(database: Database) -> dict[tuple[str, str], int]:
    """Open items by queue and priority, where there are any."""
    query = select(items.c.queue, items.c.priority, func.count()).where(items.c.state == "open")
    with database.reading() as connection:
        rows = connection.execute(query.group_by(items.c.queue, items.c.priority))
        return {(queue, priority): count for queue, priority, count in rows}


def open_with_gaps(database: Database) -> dict[str, int]:
    """Open items by queue that nobody covers as a whole; 0 for a queue that has open items without gaps only."""
    gapped = func.sum(case((items.c.gaps > 0, 1), else_=0))
    query = select(items.c.queue, gapped).where(items.c.state == "open").group_by(items.c.queue)
    with database.reading() as connection:
        return {queue: int(count) for queue, count in connection.execute(query)}


def oldest_open(database: Database) -> dict[str, datetime]:
    """When the oldest open item of each queue was opened."""
    query = select(items.c.queue, func.min(items.c.opened)).where(items.c.state == "open").group_by(items.c.queue)
    with database.reading() as connection:
        return {queue: opened for queue, opened in connection.execute(query)}


def next_clocks(database: Database) -> dict[str, datetime]:
    """When the next clock of an open item runs out, by queue."""
    query = select(items.c.queue, func.min(items.c.next_due)).where(items.c.state == "open")
    with database.reading() as connection:
        rows = connection.execute(query.where(items.c.next_due.is_not(None)).group_by(items.c.queue))
        return {queue: due for queue, due in rows}


def open_by_person(database: Database) -> dict[str, int]:
    """Open items of each person who has any."""
    query = select(loads.c.person, loads.c["items"]).where(loads.c["items"] > 0)
    with database.reading() as connection:
        return {person: count for person, count in connection.execute(query)}
