"""Databases for the tests: migrated once a test run, then copied. The migrations have tests of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, event

from store.database import Database, open_database
from store.migrate import upgrade


def new_sqlite(path: Path, *, timeout: float = 5.0) -> Database:
    """The file made at the newest revision, empty, and opened; ``timeout`` as of open_database."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_migrated())
    return open_database(f"sqlite:///{path}", timeout=timeout)


@cache
def _migrated() -> bytes:
    with TemporaryDirectory(prefix="gordon-template-") as folder:
        path = Path(folder) / "gordon.db"
        with closing(open_database(f"sqlite:///{path}")) as database:
            upgrade(database)
        assert [each.name for each in path.parent.iterdir()] == [path.name], "a log is left beside the file"
        return path.read_bytes()


def migrated(url: str) -> str:
    """The same address, whose empty database is now at the newest revision."""
    with closing(open_database(url)) as database:
        upgrade(database)
    return url


_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP")


@contextmanager
def writers_begin_immediate() -> Iterator[list[str]]:
    """Fails at the end if a transaction on SQLite wrote meanwhile that did not begin IMMEDIATE: a deferred one that
    reads first fails at once when another wrote since, whatever its timeout. Yields how all of them began."""
    began: dict[int, str] = {}
    all_begun: list[str] = []
    wrong: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if connection.dialect.name != "sqlite":
            return
        driver = id(connection.connection.dbapi_connection)
        words = statement.lstrip().upper()
        if words.startswith("BEGIN"):
            began[driver] = words
            all_begun.append(words)
        elif words.startswith(_WRITES) and began.get(driver) != "BEGIN IMMEDIATE":
            wrong.append(f"{began.get(driver)}: {statement}")

    event.listen(Engine, "after_cursor_execute", note)
    try:
        yield all_begun
    finally:
        event.remove(Engine, "after_cursor_execute", note)
    assert wrong == []
