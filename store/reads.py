"""Mentions, issues and items as people ask for them: by id or its first characters, by queue, or the newest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, or_, select

from gordon.events import Mention
from gordon.records import Issue, IssueState, IssueTrail, Item, ItemChange, MentionTrail, RecordedMention
from store.database import Database
from store.life_rows import changes_of_issues, changes_of_items, routings_of
from store.lookup import resolve
from store.route_tables import issue_mentions, item_columns, mentions
from store.route_tables import issues as issue_table
from store.route_tables import items as item_table
from store.stories import issues_where, items_where, joins_where, recorded, stories_of
from store.tables import revisions


def mention(database: Database, id: str) -> MentionTrail:
    """The whole way of one mention. ``id``: of a mention, or its first characters. Raises NotFound."""
    with database.reading() as connection:
        # Ingest knows a mention first and route later; one from elsewhere is known to route alone.
        full = resolve(connection, "mention", id, revisions.c.mention, mentions.c.id)
        mine = issue_mentions.c.mention == full
        issue_ids = select(issue_mentions.c.issue).where(mine)
        by_age = (issue_table.c.opened, issue_table.c.id)
        joins = tuple(joins_where(connection, mine))
        return MentionTrail(
            id=full,
            found=_found(connection, full),
            recorded=tuple(_revisions(connection, full)),
            joins=joins,
            issues=tuple(
                issues_where(connection, select(issue_table).where(issue_table.c.id.in_(issue_ids)).order_by(*by_age))
            ),
            items=tuple(items_where(connection, item_table.c.issue.in_(issue_ids))),
            routings=tuple(routings_of(connection, full)),
            history=tuple(changes_of_issues(connection, [join.issue for join in joins])),
        )


def _found(connection: Connection, id: str) -> tuple[Mention, ...]:
    query = select(revisions.c.data).where(revisions.c.mention == id).order_by(revisions.c.revision)
    return tuple(connection.scalars(query))


def _revisions(connection: Connection, id: str) -> list[RecordedMention]:
    return recorded(connection, select(mentions).where(mentions.c.id == id).order_by(mentions.c.revision))


def newest_mentions(database: Database, most: int) -> list[RecordedMention]:
    """The last ``most`` recorded mention revisions, newest first."""
    query = select(mentions).order_by(mentions.c.seen.desc(), mentions.c.id, mentions.c.revision.desc()).limit(most)
    with database.reading() as connection:
        return recorded(connection, query)


def issues(
    database: Database,
    file: str | None = None,
    *,
    states: Collection[IssueState] = ("open", "dormant"),
    most: int = 1000,
) -> list[Issue]:
    """Issues in these states, of one file or of all, last seen first."""
    by_age = (issue_table.c.last_seen.desc(), issue_table.c.id)
    query = select(issue_table).where(issue_table.c.state.in_(states)).order_by(*by_age).limit(most)
    if file is not None:
        query = query.where(issue_table.c.file == file)
    with database.reading() as connection:
        return issues_where(connection, query)


def issue_id(database: Database, id: str) -> str:
    """The whole id of an issue. Raises NotFound."""
    with database.reading() as connection:
        return resolve(connection, "issue", id, issue_table.c.id)


def mention_id(database: Database, id: str) -> str:
    """The whole id of a recorded mention. Raises NotFound."""
    with database.reading() as connection:
        return resolve(connection, "mention", id, mentions.c.id)


def issue(database: Database, id: str) -> IssueTrail:
    """One issue with its mentions and items. ``id``: of an issue, or its first characters. Raises NotFound."""
    with database.reading() as connection:
        full = resolve(connection, "issue", id, issue_table.c.id)
        (found,) = issues_where(connection, select(issue_table).where(issue_table.c.id == full))
        return IssueTrail(
            issue=found,
            joins=tuple(joins_where(connection, issue_mentions.c.issue == full)),
            stories=tuple(stories_of(connection, full)),
            items=tuple(items_where(connection, item_table.c.issue == full)),
            changes=tuple(changes_of_issues(connection, [full])),
        )


def items(database: Database, queue: str | None = None, *, open_only: bool = True) -> list[Item]:
    """Items, of one queue or of all, oldest first; without the closed ones unless ``open_only`` is False."""
    conditions = [item_table.c.queue == queue] if queue is not None else []
    if open_only:
        conditions.append(item_table.c.state == "open")
    with database.reading() as connection:
        return items_where(connection, *conditions)


def items_to_read(database: Database, queue: str, since: datetime, most: int, *, file: str | None = None) -> list[Item]:
    """The newest items of a queue, of one file or of all, that are open or were changed since then; newest first."""
    query = select(*item_columns).where(
        item_table.c.queue == queue, or_(item_table.c.state == "open", item_table.c.updated >= since)
    )
    if file is not None:
        query = query.where(item_table.c.file == file)
    newest = query.order_by(item_table.c.opened.desc(), item_table.c.id.desc()).limit(most)
    with database.reading() as connection:
        return [Item(**row) for row in connection.execute(newest).mappings()]


def item(database: Database, id: str) -> Item:
    """One item. ``id``: of an item, or its first characters. Raises NotFound."""
    with database.reading() as connection:
        full = resolve(connection, "item", id, item_table.c.id)
        (found,) = items_where(connection, item_table.c.id == full)
        return found


def item_history(database: Database, id: str) -> list[ItemChange]:
    """The audit of an item, in order. ``id``: its whole id."""
    with database.reading() as connection:
        return changes_of_items(connection, [id])


def newest_items(database: Database, most: int) -> list[Item]:
    """The ``most`` items that changed last, newest first."""
    query = select(*item_columns).order_by(item_table.c.updated.desc(), item_table.c.id).limit(most)
    with database.reading() as connection:
        return [Item(**row) for row in connection.execute(query).mappings()]
