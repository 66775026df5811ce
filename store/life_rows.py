"""What happened to items and issues: written with the batch that made it happen."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import asdict
from sqlalchemy import Connection, select
from sqlalchemy import insert as plain_insert

from gordon.records import IssueChange, ItemChange, RouteWrites
from store.life_tables import issue_changes, item_changes


def put_changes(connection: Connection, writes: RouteWrites) -> None:
    """The lines of the audits."""
    if writes.item_changes:
        connection.execute(plain_insert(item_changes), [asdict(change) for change in writes.item_changes])
    if writes.issue_changes:
        connection.execute(plain_insert(issue_changes), [asdict(change) for change in writes.issue_changes])


def changes_of_items(connection: Connection, wanted: Collection[str]) -> list[ItemChange]:
    """The audit of these items, in order."""
    table = item_changes
    columns = (table.c.item, table.c.at, table.c.person, table.c.action, table.c.why)
    query = select(*columns).where(table.c.item.in_(wanted)).order_by(table.c.number)
    return [ItemChange(**row) for row in connection.execute(query).mappings()]


def changes_of_issues(connection: Connection, wanted: Collection[str]) -> list[IssueChange]:
    """The history of these issues, in order."""
    table = issue_changes
    columns = (table.c.issue, table.c.at, table.c.person, table.c.action, table.c.why)
    query = select(*columns).where(table.c.issue.in_(wanted)).order_by(table.c.number)
    return [IssueChange(**row) for row in connection.execute(query).mappings()]
