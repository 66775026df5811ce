"""What only PostgreSQL does: refusing a login, ending connections, deadlocks, timeouts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from gordon.errors import DatabaseUnfit, StoreUnavailable
from store.backup import backup
from store.database import Database, open_database
from store.route import Route
from store.status import completeness
from tests.contracts.store_samples import recorded, write

pytestmark = pytest.mark.postgres
NewDatabase = Callable[[], str]


@pytest.fixture
def url(new_postgres_database: NewDatabase) -> str:
    return new_postgres_database()


@pytest.fixture
def database(migrated_postgres: NewDatabase) -> Iterator[Database]:
    opened = open_database(migrated_postgres())
    yield opened
    opened.close()


def test_unknown_database_is_a_matter_of_settings(url: str) -> None:
    with pytest.raises(DatabaseUnfit, match=r"does not exist; correct database in gordon\.toml"):
        open_database(url + "_nowhere")


def test_short_scheme_means_the_same_driver(url: str) -> None:
    database = open_database(url.replace("postgresql+psycopg:", "postgresql:"))
    assert database.name.startswith("postgresql+psycopg:")
    database.close()


@pytest.mark.hostile(88)
def test_every_wait_is_bounded(database: Database) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone")
    with database.reading() as connection:
        assert [connection.scalar(text(f"SHOW {name}")) for name in names] == ["30s", "10s", "1min", "UTC"]


@pytest.mark.hostile(88)
def test_connections_that_the_server_ended(database: Database) -> None:
    """In the middle of a transaction it fails and leaves nothing; the next one gets a new connection by itself."""
    other = open_database(database.name)
    end = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
    with pytest.raises(StoreUnavailable), Route(database).transaction() as transaction:
        transaction.lock_files(["passports"])
        with other.writing() as connection:
            connection.execute(end)
        transaction.lock_files(["visas"])
    write(database, mentions=(recorded(1),))
    with other.writing() as connection:
        connection.execute(end)
    assert completeness(database).found == 1
    other.close()


@pytest.mark.hostile(88)
def test_a_deadlock_is_worth_another_try(database: Database) -> None:
    """Two workers that lock files one by one, crosswise: one is told to try again, the other goes on."""
    both = threading.Barrier(2, timeout=60)
    told: list[str] = []

    def work(first: str, second: str) -> None:
        try:
            with Route(database).transaction() as transaction:
                transaction.lock_files([first])
                both.wait()
                transaction.lock_files([second])
                told.append("fine")
        except StoreUnavailable as error:
            told.append(str(error))

    threads = [threading.Thread(target=work, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted("deadlock" in word for word in told) == [False, True]
    assert "fine" in told


def test_a_statement_that_takes_too_long(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="timeout"), database.reading() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 50"))
        connection.execute(text("SELECT pg_sleep(20)"))


def test_missing_rights_are_a_matter_of_settings(database: Database) -> None:
    with pytest.raises(DatabaseUnfit, match="permission denied"), database.writing() as connection:
        connection.execute(text("CREATE ROLE nobody_at_all"))
        connection.execute(text("SET LOCAL ROLE nobody_at_all"))
        connection.execute(text("SELECT * FROM mentions"))


def test_backup_is_left_to_the_tools_of_postgresql(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnfit, match="pg_dump"):
        backup(database, tmp_path / "copy.db")
