"""What only PostgreSQL does: refusing a login, ending connections, deadlocks, timeouts."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from gordon.errors import DatabaseUnfit, StoreUnavailable
from gordon.records import RouteWrites
from store.backup import backup, check
from store.backup_postgres import _run
from store.database import Database, open_database
from store.outbox import Outbox
from store.route import Route
from store.status import completeness
from tests.contracts.store_samples import NOW, message, recorded, write
from tests.databases import migrated
from tests.servers.missing import started
from tests.servers.postgres import PostgresServer, postgres_server

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


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One that may crash, and loses nothing by it."""
    with ExitStack() as stack:
        yield started(stack, partial(postgres_server, durable=True), os.environ)


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


@pytest.mark.hostile(88)
def test_a_restart_of_the_server_costs_the_transaction_and_nothing_else(own_server: PostgresServer) -> None:
    """In the middle of a transaction, between two, and while it is down; no connection has to be made by hand."""
    database = open_database(migrated(own_server.new_database()))
    with pytest.raises(StoreUnavailable), Route(database).transaction() as transaction:
        transaction.write("route", RouteWrites(mentions=(recorded(1),)))
        own_server.crash()
        transaction.lock_files(["visas"])
    with pytest.raises(StoreUnavailable):
        write(database, mentions=(recorded(2),))
    own_server.start()
    assert completeness(database).found == 0
    write(database, mentions=(recorded(3),))
    own_server.stop()
    own_server.start()
    write(database, mentions=(recorded(4),))
    assert completeness(database).found == 2
    assert check(database) == []
    database.close()


@pytest.mark.hostile(88)
def test_a_commit_whose_answer_is_lost_has_one_effect(database: Database) -> None:
    """It is there, but the worker never heard of it: it does the same again, and the inbox knows the event."""
    writes = RouteWrites(mentions=(recorded(1),), messages=(message("t", 1),))
    for wanted in ({"event-1"}, set()):
        with Route(database).transaction() as transaction:
            assert transaction.unseen("route", ["event-1"], NOW) == wanted
            if wanted:
                transaction.write("route", writes)
    write(database, mentions=(recorded(1),))
    assert (completeness(database).found, Outbox(database).size("route")) == (1, 1)


@pytest.mark.hostile(88)
def test_a_transaction_that_idles_is_ended_and_holds_up_nobody(database: Database) -> None:
    with pytest.raises(StoreUnavailable), database.writing() as connection:
        write_lock = text("LOCK TABLE mentions IN ACCESS EXCLUSIVE MODE")
        connection.execute(write_lock)
        connection.execute(text("SET idle_in_transaction_session_timeout = 200"))
        _until_ended(database, connection.scalar(text("SELECT pg_backend_pid()")))
        connection.execute(write_lock)
    write(database, mentions=(recorded(1),))
    assert completeness(database).found == 1


def _until_ended(database: Database, backend: int | None) -> None:
    query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with database.reading() as connection:
            if connection.scalar(query, {"pid": backend}) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("it idles on")


AWAY = {
    "40001": "serialization failure",
    "40P01": "deadlock",
    "25006": "the primary is a standby now",
    "57P01": "the administrator ends connections",
    "57P03": "the server starts up",
    "53300": "too many connections",
    "53100": "the disk is full",
    "55P03": "a lock is not to be had",
}


@pytest.mark.hostile(88)
@pytest.mark.parametrize("state", AWAY)
def test_what_passes_is_worth_another_try(database: Database, state: str) -> None:
    raises = f"DO $$ BEGIN RAISE EXCEPTION '{AWAY[state]}' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(StoreUnavailable, match=AWAY[state]), database.writing() as connection:
        connection.execute(text(raises))
    write(database, mentions=(recorded(1),))
    assert completeness(database).found == 1


def test_a_statement_that_takes_too_long(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="timeout"), database.reading() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 50"))
        connection.execute(text("SELECT pg_sleep(20)"))


def test_missing_rights_are_a_matter_of_settings(database: Database) -> None:
    with pytest.raises(DatabaseUnfit, match="permission denied"), database.writing() as connection:
        connection.execute(text("CREATE ROLE nobody_at_all"))
        connection.execute(text("SET LOCAL ROLE nobody_at_all"))
        connection.execute(text("SELECT * FROM mentions"))


def test_backup_is_an_archive_of_pg_dump(database: Database, tmp_path: Path) -> None:
    backup(database, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes().startswith(b"PGDMP")


def test_without_pg_dump_it_is_said_what_to_install() -> None:
    with pytest.raises(DatabaseUnfit, match="there is no pg_dump-of-old here; install PostgreSQL's client tools"):
        _run(["pg_dump-of-old"], {})
