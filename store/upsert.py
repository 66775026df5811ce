"""Many rows in one call, on both databases: INSERT ... ON CONFLICT, by executemany."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]
Insert = sqlite.Insert | postgresql.Insert
Guard = Callable[[Insert], ColumnElement[bool]]
T = TypeVar("T")
# Far below what SQLite (32,766) and PostgreSQL (65,535) take as parameters of one statement.
_MOST_IN_ONE = 1000


def insert(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT in the dialect of this connection."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def add_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts the rows whose primary key is not there yet."""
    if rows:
        connection.execute(insert(connection, table).on_conflict_do_nothing(), rows)


def put(connection: Connection, table: Table, rows: Sequence[Row], *, guard: Guard | None = None) -> None:
    """Inserts the rows; one that is there is overwritten in the columns given, if ``guard`` allows.
    All rows have the same columns."""
    if not rows:
        return
    statement = insert(connection, table)
    keys = [column.name for column in table.primary_key]
    news = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    where = None if guard is None else guard(statement)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=news, where=where), rows)


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists small enough for one IN (...)."""
    everything = list(values)
    for start in range(0, len(everything), _MOST_IN_ONE):
        yield everything[start : start + _MOST_IN_ONE]
