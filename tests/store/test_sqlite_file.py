"""The SQLite file: made at one blow, judged when opened, locked and filled up."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, event

from gordon.app.limits import WAL_KEPT, shorten, wal_bytes
from gordon.bus.sqlite_file import create_file
from gordon.errors import DatabaseUnfit, StoreUnavailable
from gordon.records import RouteWrites
from store.backup import check
from store.database import Database, open_database
from store.dead import Dead
from store.held import release_held
from store.ingest import Ingest
from store.outbox import Outbox
from store.prune import prune
from store.route import Route
from store.sqlite import PAGE, QUICK_CHECK_BELOW
from store.status import completeness
from tests.contracts.store_samples import (
    NOW,
    feed,
    found,
    issue,
    join,
    letter,
    message,
    polled,
    record,
    recorded,
    write,
)
from tests.databases import new_sqlite, writers_begin_immediate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "gordon.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = new_sqlite(path, timeout=0.2)
    yield opened
    opened.close()


def test_folder_and_file_are_made(path: Path) -> None:
    database = open_database(f"sqlite:///{path}")
    assert database.path == path
    database.close()
    assert path.stat().st_size > 0
    assert [one.name for one in path.parent.iterdir() if "new" in one.name] == []


def test_every_connection_is_set_up(database: Database) -> None:
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 200}
    with database.reading() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas} == pragmas


@pytest.mark.hostile(82)
def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(DatabaseUnfit, match=r"cannot be created: .*; correct database"):
        open_database(f"sqlite:///{tmp_path / 'data' / 'gordon.db'}")


@pytest.mark.hostile(82)
def test_file_that_cannot_be_written() -> None:
    """Asked by a child without rights, as root may write everywhere."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gordon.db"
        open_database(f"sqlite:///{path}").close()
        path.chmod(0o444)
        Path(folder).chmod(0o755)
        child = os.fork()
        if child == 0:
            os._exit(_refused_without_rights(path))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3


def _refused_without_rights(path: Path) -> int:
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        open_database(f"sqlite:///{path}")
    except DatabaseUnfit as error:
        return 3 if "file or folder cannot be written" in str(error) else 4
    return 5


def test_the_slower_of_two_that_make_the_file_uses_that_of_the_other(path: Path, database: Database) -> None:
    before = path.stat()
    create_file(path, page=PAGE)
    assert (path.stat().st_ino, path.stat().st_size) == (before.st_ino, before.st_size)
    assert [one.name for one in path.parent.iterdir() if "new" in one.name] == []


@pytest.mark.hostile(83)
def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "gordon.db").touch()
    with pytest.raises(DatabaseUnfit, match=r"is empty \(0 bytes\): .*gordon db backup"):
        open_database(f"sqlite:///{tmp_path / 'gordon.db'}")


@pytest.mark.hostile(83)
def test_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "gordon.db").write_bytes(b"Bonjour! " * 1000)
    with pytest.raises(DatabaseUnfit, match="is damaged"):
        open_database(f"sqlite:///{tmp_path / 'gordon.db'}")


@pytest.mark.hostile(83)
def test_flipped_page_is_noticed_when_opened(path: Path, database: Database) -> None:
    write(database, messages=tuple(message("t", number) for number in range(2000)))
    database.close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 4096)
    with pytest.raises(DatabaseUnfit, match=r"(?s)is damaged .*gordon db backup"):
        open_database(f"sqlite:///{path}")


@pytest.mark.hostile(83)
def test_a_big_file_is_opened_without_reading_it_all(path: Path, database: Database) -> None:
    write(database, mentions=(recorded(1, text="é" * (QUICK_CHECK_BELOW // 2)), recorded(2)))
    database.close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_mentions_seen'").fetchone()[0]
    assert path.stat().st_size > QUICK_CHECK_BELOW
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xa5" * 4096)
    damaged = open_database(f"sqlite:///{path}")
    assert "gordon db backup" in check(damaged)[-1]
    damaged.close()


def test_all_connections_busy(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="all connections are busy"), ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(database.reading())
    assert completeness(database).found == 0


def test_rows_that_refer_to_nothing_are_found_by_check(path: Path, database: Database) -> None:
    write(database, messages=tuple(message("t", number) for number in range(500)))
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("INSERT INTO tags VALUES ('nobody', 1, 'passports', 0, 1.0, '[]', 'null')")
        raw.commit()
    found = check(database)
    assert any("tags: row" in line and "mentions" in line for line in found)
    assert "gordon db backup" in found[-1]


def test_locked_database_is_unavailable_and_recovers(path: Path, database: Database) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            write(database, mentions=(recorded(1),))
        assert completeness(database).found == 0
        other.rollback()
    write(database, mentions=(recorded(1),))
    assert completeness(database).found == 1


def test_full_disk_leaves_nothing_half_done(database: Database) -> None:
    write(database, mentions=(recorded(1),))
    with database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreUnavailable, match="full"):
        write(database, mentions=(recorded(2), recorded(3, text="é" * 50_000)))
    assert completeness(database).found == 1
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    write(database, mentions=(recorded(2), recorded(3, text="é" * 50_000)))
    assert completeness(database).found == 3


@pytest.mark.hostile(78)
def test_every_transaction_that_writes_begins_immediate(database: Database) -> None:
    """So does all that the contract suite calls: its fixture watches it in the same way."""
    with writers_begin_immediate() as begun:
        Ingest(database).sync_feeds([feed(1)], NOW)
        record(Ingest(database), polled(1), [found(1), replace(found(2), held="flood")], reading=b"seen")
        Ingest(database).prolong("me", NOW)
        Ingest(database).rest_site("blog-1.example", NOW)
        release_held(database, "blog-1", NOW)
        outbox = Outbox(database)
        outbox.lease("relay", "a", NOW, 10)
        outbox.published([row.id for row in outbox.pending("ingest", 10)], NOW)
        outbox.release("relay", "a")
        prune(database, "outbox", NOW)
        write(database, mentions=(recorded(1),), issues=(issue(1),), joins=(join(1, 1),))
        Dead(database).bury([letter(1)])
        Dead(database).mark_replayed("letter-1", NOW)
        completeness(database)
    assert set(begun) == {"BEGIN", "BEGIN IMMEDIATE"}


@pytest.mark.hostile(78)
def test_reading_first_does_not_cost_a_writer_its_transaction(path: Path, database: Database) -> None:
    """What a deferred transaction would be refused for: it reads, another wants to write, it writes."""
    both = open_database(f"sqlite:///{path}", timeout=30.0)
    reads = threading.Event()

    def other() -> None:
        assert reads.wait(60)
        write(both, mentions=(recorded(2),))

    thread = threading.Thread(target=other)
    thread.start()
    with Route(database).transaction() as transaction:
        assert transaction.unseen("route", ["event-1"], NOW) == {"event-1"}
        reads.set()
        thread.join(0.2)
        transaction.write("route", RouteWrites(mentions=(recorded(1),)))
    thread.join(60)
    assert completeness(database).found == 2
    both.close()


def test_pending_messages_are_found_by_their_index(database: Database) -> None:
    query = "EXPLAIN QUERY PLAN SELECT id FROM outbox WHERE stage = 'a' AND published IS NULL ORDER BY id LIMIT 9"
    with database.reading() as connection:
        plan = [str(row[3]) for row in connection.exec_driver_sql(query)]
    assert plan == ["SEARCH outbox USING INDEX ix_outbox_pending (stage=?)"]


def test_what_is_due_is_found_by_its_index(database: Database) -> None:
    plans: dict[str, list[str]] = {}

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT feeds"):
            rows = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            plans[statement] = [row[3] for row in rows]

    Ingest(database).sync_feeds([feed(1)], NOW)
    event.listen(Engine, "before_cursor_execute", explain)
    try:
        assert Ingest(database).claim("me", NOW, NOW, 9)
    finally:
        event.remove(Engine, "before_cursor_execute", explain)
    assert len(plans) == 2
    for plan in plans.values():
        assert any("ix_feeds_visits" in step for step in plan), plan


@pytest.mark.hostile(79)
def test_a_long_reader_costs_disk_and_nothing_else(path: Path, database: Database) -> None:
    """Writers go on, the reader sees its moment, the log beside the file shrinks again when the reader is gone."""
    write(database, mentions=(recorded(1),))
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar() == 1
        for number in range(2, 10):
            write(database, mentions=(recorded(number, text="é" * 5_000_000),))
        assert completeness(database).found == 9
        assert connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar() == 1
        assert wal_bytes([path]) > WAL_KEPT
        shorten([path])
        assert wal_bytes([path]) > WAL_KEPT, "the log that is read was cut"
    shorten([path])
    assert wal_bytes([path]) == 0
    write(database, mentions=(recorded(10),))
    assert completeness(database).found == 10 and wal_bytes([path]) > 0
    shorten([path])
    assert wal_bytes([path]) > 0, "a small log is left alone"
    database.close()
    assert wal_bytes([path, path.parent / "no.db"]) == 0


@pytest.mark.hostile(86)
def test_a_forked_child_gets_connections_of_its_own(database: Database) -> None:
    with database.reading() as connection:
        mine = id(connection.connection.dbapi_connection)
    child = os.fork()
    if child == 0:
        with database.reading() as connection:
            same = id(connection.connection.dbapi_connection) == mine
        os._exit(7 if same else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    write(database, mentions=(recorded(1),))
