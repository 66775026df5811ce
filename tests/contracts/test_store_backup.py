"""A copy is restored into an empty database and compared with the original, row by row, on each kind of database."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from gordon.errors import DatabaseUnfit
from store.backup import backup, check
from store.backup_postgres import client_environ
from store.database import Database, open_database
from store.status import completeness
from tests.contracts.store_samples import recorded, write
from tests.databases import migrated

Rows = dict[str, set[str]]


def restored(copy: Path, database: Database, request: pytest.FixtureRequest, folder: Path) -> Database:
    """As docs/operating.md says."""
    if database.path is not None:
        shutil.copy(copy, folder / "restored.db")
        return open_database(f"sqlite:///{folder / 'restored.db'}")
    url = request.getfixturevalue("new_postgres_database")()
    environ = client_environ(make_url(url), os.environ)
    command = ["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={environ['PGDATABASE']}", str(copy)]
    subprocess.run(command, env=environ, check=True, capture_output=True)
    return open_database(url)


def rows(database: Database) -> Rows:
    """Every row of every table."""
    with database.reading() as connection:
        names = inspect(connection).get_table_names()
        return {
            name: {repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"'))} for name in names
        }


def test_what_is_restored_is_what_was_there(database: Database, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    write(database, mentions=tuple(recorded(number, text="é\n\t\\.\n\\N") for number in range(1, 40)))
    copied = backup(database, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    with closing(restored(tmp_path / "copy", database, request, tmp_path)) as again:
        assert rows(again) == rows(database)
        assert {name: len(found) for name, found in rows(again).items()} == {
            name: count for name, count in copied.rows.items() if not name.startswith("sqlite_")
        }
        assert check(again) == []


@pytest.mark.hostile(84)
def test_a_copy_under_load_restores_to_one_moment(
    database: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Each transaction writes a mention and its pair, and nothing is changed later: the copy holds pairs, and only rows
    that the original has."""
    ended = threading.Event()

    def load() -> None:
        number = 1
        while not ended.is_set():
            write(database, mentions=(recorded(number), recorded(number + 1, files=())))
            number += 2

    write(database, mentions=(recorded(10**6), recorded(10**6 + 1, files=())))
    thread = threading.Thread(target=load)
    thread.start()
    try:
        copied = backup(database, tmp_path / "copy")
    finally:
        ended.set()
        thread.join(60)
    with closing(restored(tmp_path / "copy", database, request, tmp_path)) as again:
        counts, found, there = completeness(again), rows(again), rows(database)
        assert counts.tagged == counts.untagged > 0 and check(again) == []
        assert len(found["mentions"]) == copied.rows["mentions"] <= len(there["mentions"])
        assert all(found[name] <= there[name] for name in ("mentions", "tags"))


@pytest.mark.postgres
def test_what_pg_dump_says_is_passed_on_and_nothing_is_left(postgres_url: str, tmp_path: Path) -> None:
    with closing(open_database(migrated(postgres_url))) as database:
        database.url = database.url.set(database="nowhere")
        with pytest.raises(DatabaseUnfit, match="pg_dump failed"):
            backup(database, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_the_password_goes_by_the_environment() -> None:
    found = client_environ(
        make_url("postgresql+psycopg://u:p%40ss@h:5433/d?sslmode=require&options=x"), {"PATH": "/bin"}
    )
    assert found == {
        "PATH": "/bin",
        "PGAPPNAME": "gordon",
        "PGHOST": "h",
        "PGPORT": "5433",
        "PGUSER": "u",
        "PGPASSWORD": "p@ss",
        "PGDATABASE": "d",
        "PGSSLMODE": "require",
    }
