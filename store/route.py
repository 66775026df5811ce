"""The transaction of route: inbox, locks on files, what is known of a file, and everything a batch changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, tuple_

from gordon.records import (
    DeadLetter,
    Decisions,
    Issue,
    IssueWithStories,
    Item,
    ItemChange,
    RecordedMention,
    RouteWrites,
)
from store.database import Database
from store.dead import bury
from store.life_rows import changes_of_items, decisions_of, hours_of, put_life
from store.life_tables import file_hours
from store.outbox import post
from store.route_rows import put_issues, put_items, put_joins, put_mentions
from store.route_tables import file_versions, issues, item_columns, items, loads, mentions
from store.stories import issues_holding, issues_where, issues_with_stories, items_where, recorded, stories_by_issue
from store.tables import inbox
from store.upsert import add_missing, chunks, insert


class Route:
    """Keeps the promises of gordon.ports.RouteStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._database.writing() as connection:
            yield Transaction(connection)


class Transaction:
    """Keeps the promises of gordon.ports.RouteTransaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._now: datetime | None = None

    def unseen(self, consumer: str, events: Sequence[str], now: datetime) -> set[str]:
        self._now = now
        # Sorted, so that two workers with the same events wait for each other instead of deadlocking.
        rows = [{"consumer": consumer, "event": event, "handled": now} for event in sorted(set(events))]
        if not rows:
            return set()
        statement = insert(self._connection, inbox).on_conflict_do_nothing().returning(inbox.c.event)
        return set(self._connection.execute(statement, rows).scalars())

    def lock_files(self, files: Collection[str]) -> Mapping[str, int]:
        names = sorted(set(files))
        add_missing(self._connection, file_versions, [{"file": name, "counter": 0} for name in names])
        # SQLite leaves FOR UPDATE out: there the whole transaction is exclusive from its first statement.
        query = select(file_versions.c.file, file_versions.c.counter).order_by(file_versions.c.file).with_for_update()
        rows = (row for some in chunks(names) for row in self._connection.execute(query.where(_named(some))))
        return {name: counter for name, counter in rows}

    def issues(self, file: str, since: datetime, most: int) -> Sequence[IssueWithStories]:
        return issues_with_stories(self._connection, file, since, most)

    def holding(self, mentions: Collection[str]) -> Sequence[IssueWithStories]:
        return issues_holding(self._connection, sorted(set(mentions)))

    def with_stories(self, wanted: Collection[str]) -> Sequence[IssueWithStories]:
        return stories_by_issue(self._connection, sorted(set(wanted)))

    def absorbed(self, issue: Issue) -> Sequence[Issue]:
        # The file has an index, what an issue was merged into has none.
        query = select(issues).where(issues.c.file == issue.file, issues.c.merged_into == issue.id)
        return issues_where(self._connection, query.order_by(issues.c.id))

    def recorded(self, wanted: Collection[tuple[str, int]]) -> Sequence[RecordedMention]:
        return [one for some in chunks(sorted(set(wanted))) for one in recorded(self._connection, _of_revisions(some))]

    def items_of(self, issues: Collection[str]) -> Sequence[Item]:
        wanted = chunks(sorted(set(issues)))
        return [item for some in wanted for item in items_where(self._connection, items.c.issue.in_(some))]

    def items_by_id(self, wanted: Collection[str]) -> Sequence[Item]:
        return [
            item for some in chunks(sorted(set(wanted))) for item in items_where(self._connection, items.c.id.in_(some))
        ]

    def history(self, item: str) -> Sequence[ItemChange]:
        return changes_of_items(self._connection, [item])

    def due_items(self, now: datetime, most: int) -> Sequence[Item]:
        query = select(*item_columns).where(items.c.state == "open", items.c.next_due <= now)
        rows = self._connection.execute(query.order_by(items.c.next_due, items.c.id).limit(most)).mappings()
        return [Item(**row) for row in rows]

    def open_items(self, after: Item | None, most: int) -> Sequence[Item]:
        query = select(*item_columns).where(items.c.state == "open").order_by(items.c.opened, items.c.id).limit(most)
        if after is not None:
            query = query.where(tuple_(items.c.opened, items.c.id) > tuple_(*_bound(after)))
        return [Item(**row) for row in self._connection.execute(query).mappings()]

    def issues_by_id(self, wanted: Collection[str]) -> Sequence[Issue]:
        return [
            found
            for some in chunks(sorted(set(wanted)))
            for found in issues_where(self._connection, select(issues).where(issues.c.id.in_(some)))
        ]

    def quiet_issues(self, before: datetime, most: int) -> Sequence[Issue]:
        query = select(issues).where(issues.c.state == "open", issues.c.last_seen < before)
        return issues_where(self._connection, query.order_by(issues.c.last_seen, issues.c.id).limit(most))

    def decisions(self, files: Collection[str]) -> Mapping[str, Decisions]:
        return decisions_of(self._connection, files)

    def hours(self, files: Collection[str], since: datetime) -> Mapping[str, Mapping[datetime, int]]:
        return hours_of(self._connection, files, since)

    def counting_since(self) -> datetime | None:
        first: datetime | None = self._connection.scalar(select(func.min(file_hours.c.hour)))
        return first

    def load(self) -> Mapping[str, int]:
        query = select(loads).where(loads.c["items"] > 0)
        return {person: count for person, count in self._connection.execute(query)}

    def write(self, stage: str, writes: RouteWrites) -> None:
        put_mentions(self._connection, writes.mentions)
        put_issues(self._connection, writes.issues)
        put_joins(self._connection, writes.joins)
        put_items(self._connection, writes.items)
        put_life(self._connection, writes)
        self._raise_counters({issue.file for issue in writes.issues})
        post(self._connection, stage, writes.messages, self._now)

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        bury(self._connection, letters)

    def _raise_counters(self, files: Collection[str]) -> None:
        rows = [{"file": name, "counter": 1} for name in sorted(files)]
        if rows:
            raised = {"counter": file_versions.c.counter + 1}
            statement = insert(self._connection, file_versions)
            self._connection.execute(statement.on_conflict_do_update(index_elements=["file"], set_=raised), rows)


def _bound(item: Item) -> tuple[ColumnElement[datetime], ColumnElement[str]]:
    """Where an item stands in the order of age, with the types of its columns."""
    return literal(item.opened, items.c.opened.type), literal(item.id)


def _of_revisions(some: Sequence[tuple[str, int]]) -> Select[Any]:
    return select(mentions).where(tuple_(mentions.c.id, mentions.c.revision).in_(some))


def _named(files: Collection[str]) -> ColumnElement[bool]:
    return file_versions.c.file.in_(files)
