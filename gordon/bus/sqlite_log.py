"""The file of the embedded log: schema, transactions, topics and rows. The only place that writes its SQL for messages.

WAL. What is published is written with synchronous=FULL and survives a loss of power. Offsets and memberships are
written with NORMAL: they survive the death of any process, and after a loss of power a little work is done again. One
writer at a time, so row numbers are given in the order of publication; a row's number is its offset (rising in each
partition, not without gaps).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from zlib import crc32

import msgspec

from gordon.bus import Message, Record
from gordon.bus.sqlite_file import prepare
from gordon.errors import BusUnavailable, DatabaseUnfit

VERSION = 1
BUSY = 5.0
PAGE = 8192
"""Bytes. An event has about 2 kB, so SQLite's usual 4 kB would hold one and stay half empty: this is a third faster."""
QUICK_CHECK_BELOW = 16 * 1024**2
"""Bytes up to which the log is checked page by page whenever it is opened (some 20 ms)."""
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
RESTORE = (
    "stop Gordon, move the log away with its -wal and -shm, start (it makes a new one), then publish again what the"
    " database holds: gordon replay ingest and gordon replay relay, each with --since TIME"
)
SCHEMA = """
CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL);
CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, partition INTEGER NOT NULL,
    key TEXT NOT NULL, headers BLOB NOT NULL, value BLOB NOT NULL);
CREATE INDEX messages_place ON messages (topic, partition);
CREATE TABLE members (id INTEGER PRIMARY KEY AUTOINCREMENT, grp TEXT NOT NULL, topics TEXT NOT NULL, boot TEXT NOT NULL,
    space TEXT NOT NULL, pid INTEGER NOT NULL, started INTEGER NOT NULL, seen REAL NOT NULL);
CREATE TABLE claims (grp TEXT NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL,
    committed INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '', member INTEGER,
    epoch INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (grp, topic, partition)) WITHOUT ROWID;
"""
INSERT = "INSERT INTO messages (topic, partition, key, headers, value) VALUES (?, ?, ?, ?, ?)"
FETCH = "SELECT id, key, value, headers FROM messages WHERE topic = ? AND partition = ? AND id > ? ORDER BY id LIMIT ?"
NEWEST = "SELECT coalesce(max(id), 0) FROM messages WHERE topic = ? AND partition = ?"
COUNT = "SELECT count(*) FROM messages WHERE topic = ? AND partition = ? AND id > ?"

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode


class Log:
    """One connection, of one thread. Every sqlite3 error leaves it as BusUnavailable, or DatabaseUnfit for damage."""

    def __init__(self, path: Path, partitions: int = 8) -> None:
        self.path = path
        self._partitions = partitions
        self._topics: dict[str, tuple[int, int]] = {}
        self._durable = False
        prepare(path, BusUnavailable, page=PAGE, key="bus", restore=RESTORE)
        try:
            self.db = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
        except sqlite3.Error as error:
            raise BusUnavailable(f"cannot open the log {path}: {error}") from error
        with ExitStack() as unless_ready:
            unless_ready.callback(self.db.close)
            with self.errors():
                self._prepare()
            unless_ready.pop_all()

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Wraps what sqlite3 raises; its complaint about a wrong use of itself is a bug and stays."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
                raise self._damaged(str(error)) from error
            raise BusUnavailable(f"{self.path}: {error}") from error

    def _damaged(self, what: str) -> DatabaseUnfit:
        return DatabaseUnfit(f"{self.path} is damaged ({what}); {RESTORE}")

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """A write transaction. IMMEDIATE: one that begins by reading could not wait for another writer later.
        ``durable``: it is on the disk at the end, not only safe from the death of processes."""
        with self.errors():
            if durable is not self._durable:
                self.db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            finally:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")

    def _prepare(self) -> None:
        self.db.execute(f"PRAGMA busy_timeout = {int(BUSY * 1000)}")
        self._use_wal()
        if self.path.stat().st_size <= QUICK_CHECK_BELOW:
            found = [str(row[0]) for row in self.db.execute("PRAGMA quick_check(1)")]
            if found != ["ok"]:
                raise self._damaged(found[0])
        self.db.execute("PRAGMA synchronous = NORMAL")
        if self._version() != VERSION:
            with self.writing() as db:
                if self._version() == 0:
                    for statement in SCHEMA.split(";"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {VERSION}")
        if (version := self._version()) != VERSION:
            raise DatabaseUnfit(
                f"{self.path} is a log of version {version}, this Gordon knows {VERSION}: upgrade Gordon"
            )

    def _version(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def _use_wal(self) -> None:
        """Several processes may open a new file at once, and SQLite does not wait for its lock in this one pragma."""
        until = time.monotonic() + BUSY
        while True:
            try:
                self.db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.02)

    def topic(self, name: str) -> tuple[int, int] | None:
        """Number and partitions of a topic, None when it does not exist."""
        known = self._topics.get(name)
        if known is None:
            with self.errors():
                row = self.db.execute("SELECT id, partitions FROM topics WHERE name = ?", (name,)).fetchone()
            if row:
                known = self._topics[name] = (row[0], row[1])
        return known

    def ensure(self, names: Iterable[str]) -> dict[str, tuple[int, int]]:
        """The topics, the missing ones created."""
        wanted = list(dict.fromkeys(names))
        missing = [name for name in wanted if self.topic(name) is None]
        if missing:
            with self.writing() as db:
                rows = [(name, self._partitions) for name in missing]
                db.executemany("INSERT OR IGNORE INTO topics (name, partitions) VALUES (?, ?)", rows)
        found = {name: self.topic(name) for name in wanted}
        return {name: topic for name, topic in found.items() if topic}

    def append(self, messages: Sequence[Message]) -> None:
        """All of them, durably, or none."""
        topics = self.ensure(message.topic for message in messages)
        rows = [
            ((place := topics[m.topic])[0], crc32(m.key.encode()) % place[1], m.key, _pack(m.headers), m.value)
            for m in messages
        ]
        with self.writing(durable=True) as db:
            db.executemany(INSERT, rows)

    def fetch(self, name: str, topic: int, partition: int, after: int, most: int) -> list[Record]:
        """Up to ``most`` records of one partition with offsets over ``after``."""
        with self.errors():
            rows = self.db.execute(FETCH, (topic, partition, after, most)).fetchall()
        return [Record(name, partition, id, key, value, _unpack(headers)) for id, key, value, headers in rows]

    def behind(self, topic: int, partition: int, committed: int) -> int:
        with self.errors():
            return int(self.db.execute(COUNT, (topic, partition, committed)).fetchone()[0])

    def newest(self) -> int:
        """The highest offset so far, 0 in an empty log."""
        with self.errors():
            return int(self.db.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0])

    def newest_of(self, topic: int, partition: int) -> int:
        """The highest offset of one partition so far, 0 while it is empty."""
        with self.errors():
            return int(self.db.execute(NEWEST, (topic, partition)).fetchone()[0])
