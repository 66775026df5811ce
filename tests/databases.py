"""Databases for the tests: migrated once a test run, then copied. The migrations have tests of their own."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

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
