"""What happens to items and issues: written with the batch that made it happen, and read for the next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import Connection, delete, select, update
from sqlalchemy import insert as plain_insert

from gordon.records import Decisions, IssueChange, ItemChange, Move, RouteWrites, Routing
from store.life_tables import apart, file_hours, homes, issue_changes, item_changes, routings
from store.route_tables import issue_mentions
from store.upsert import add_missing, chunks, insert, put


def put_life(connection: Connection, writes: RouteWrites) -> None:
    """Everything of the writes that is no mention, issue or item."""
    _move(connection, writes.moves)
    _put_routings(connection, writes.routings)
    _count_hours(connection, writes.hours)
    if writes.item_changes:
        connection.execute(plain_insert(item_changes), [asdict(change) for change in writes.item_changes])
    if writes.issue_changes:
        connection.execute(plain_insert(issue_changes), [asdict(change) for change in writes.issue_changes])
    for file, decided in writes.decisions:
        rows = [{"file": file, "mention": mention, "issue": issue} for mention, issue in decided.homes.items()]
        put(connection, homes, rows)
        add_missing(
            connection, apart, [{"file": file, "one": one, "other": other} for one, other in sorted(decided.apart)]
        )


def _move(connection: Connection, moves: Sequence[Move]) -> None:
    """A mention that is in the target already leaves the source only."""
    for move in moves:
        here = (issue_mentions.c.issue == move.source) & (issue_mentions.c.mention == move.mention)
        there = select(issue_mentions.c.mention).where(
            issue_mentions.c.issue == move.target, issue_mentions.c.mention == move.mention
        )
        if connection.scalar(there) is None:
            connection.execute(update(issue_mentions).where(here).values(issue=move.target, why=move.why))
        else:
            connection.execute(delete(issue_mentions).where(here))


def _put_routings(connection: Connection, written: Sequence[Routing]) -> None:
    last = {(one.mention, one.revision, one.file): one for one in written}
    put(connection, routings, [asdict(one) for one in last.values()])


def _count_hours(connection: Connection, hours: Sequence[tuple[str, datetime]]) -> None:
    rows = [{"file": file, "hour": hour, "mentions": number} for (file, hour), number in sorted(Counter(hours).items())]
    if rows:
        statement = insert(connection, file_hours)
        more = {"mentions": file_hours.c.mentions + statement.excluded.mentions}
        connection.execute(statement.on_conflict_do_update(index_elements=["file", "hour"], set_=more), rows)


def decisions_of(connection: Connection, files: Collection[str]) -> Mapping[str, Decisions]:
    """By file, empty ones included."""
    kept: defaultdict[str, dict[str, str]] = defaultdict(dict)
    parted: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for some in chunks(sorted(files)):
        for file, mention, issue in connection.execute(select(homes).where(homes.c.file.in_(some))):
            kept[file][mention] = issue
        for file, one, other in connection.execute(select(apart).where(apart.c.file.in_(some))):
            parted[file].add((one, other))
    return {file: Decisions(homes=kept[file], apart=frozenset(parted[file])) for file in files}


def hours_of(connection: Connection, files: Collection[str], since: datetime) -> Mapping[str, Mapping[datetime, int]]:
    """By file and hour."""
    found: dict[str, dict[datetime, int]] = {file: {} for file in files}
    for some in chunks(sorted(files)):
        query = select(file_hours).where(file_hours.c.file.in_(some), file_hours.c.hour >= since)
        for file, hour, mentions in connection.execute(query):
            found[file][hour] = mentions
    return found


def changes_of_items(connection: Connection, wanted: Collection[str]) -> list[ItemChange]:
    """The audit of these items, in order."""
    query = select(item_changes).where(item_changes.c.item.in_(wanted)).order_by(item_changes.c.number)
    columns = (item_changes.c.item, item_changes.c.at, item_changes.c.person, item_changes.c.action, item_changes.c.why)
    return [ItemChange(**row) for row in connection.execute(query.with_only_columns(*columns)).mappings()]


def changes_of_issues(connection: Connection, wanted: Collection[str]) -> list[IssueChange]:
    """The history of these issues, in order."""
    table = issue_changes
    query = select(table).where(table.c.issue.in_(wanted) | table.c.other.in_(wanted)).order_by(table.c.number)
    columns = (table.c.issue, table.c.at, table.c.person, table.c.action, table.c.other, table.c.why)
    return [IssueChange(**row) for row in connection.execute(query.with_only_columns(*columns)).mappings()]


def routings_of(connection: Connection, mention: str) -> list[Routing]:
    """Where the revisions of a mention went, oldest first, by file."""
    query = select(routings).where(routings.c.mention == mention).order_by(routings.c.revision, routings.c.file)
    return [Routing(**row) for row in connection.execute(query).mappings()]
