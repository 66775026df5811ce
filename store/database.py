"""The one way to a database: an address becomes a Database, whose transactions raise Gordon's errors only."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import Pool

from gordon.errors import DatabaseUnfit, DeskInvalid, GordonError, Problem
from store.faults import RESTORE, wrapped
from store.sqlite import QUICK_CHECK_BELOW, WRITES, open_sqlite, quick_check

_REMEDY = "write sqlite:///data/gordon.db or postgresql+psycopg://user:password@host/name"
_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRESQL = ("postgresql", "postgresql+psycopg")


class Database:
    """An open database. ``url``: its address; ``name``: without password; ``path``: its file, None on PostgreSQL.

    May be used by several threads. After a fork the child gets connections of its own.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(**_reading_options(engine))
        self._writer = engine.execution_options(**{WRITES: True})
        self._process = os.getpid()
        self._inherited: Pool | None = None
        self.dialect = engine.dialect.name
        self.url = engine.url
        self.name = engine.url.render_as_string(hide_password=True)
        self.path = Path(str(engine.url.database)) if self.dialect == "sqlite" else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database throughout and cannot write."""
        self._notice_fork()
        with wrapped(self.name), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block and leaves nothing after an error."""
        self._notice_fork()
        with wrapped(self.name), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Closes the idle connections."""
        self._engine.dispose()

    def _notice_fork(self) -> None:
        # A connection used by two processes destroys a SQLite file. The parent's are not even closed here, which
        # would write to the file: they are kept untouched.
        if self._process != os.getpid():
            self._inherited = self._engine.pool
            self._engine.dispose(close=False)
            self._process = os.getpid()


def open_database(url: str, *, timeout: float = 5.0, durable: bool = True) -> Database:
    """Opens the database at ``url`` and makes sure that it answers; does not look at its tables (store.migrate does).

    ``timeout`` in seconds bounds connecting, and waiting for other writers on SQLite. SQLite files up to 16 MiB are
    checked for damage; their commits wait for the disk if ``durable``. Raises DeskInvalid for an address that makes no
    sense, DatabaseUnfit for a file that is damaged or cannot be written and for a login that is refused,
    StoreUnavailable when nobody answers.
    """
    address = _address(url)
    is_sqlite = address.get_backend_name() == "sqlite"
    engine = open_sqlite(address, timeout, durable=durable) if is_sqlite else _open_postgresql(address, timeout)
    database = Database(engine)
    try:
        _try_out(database)
    except GordonError:
        database.close()
        raise
    return database


def check_database_address(url: str) -> None:
    """Raises DeskInvalid when the address is malformed; opens nothing."""
    _address(url)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        # Not chained: the parser's message may repeat the password.
        raise _invalid("the address of the database cannot be read") from None
    if address.drivername in _SQLITE:
        if address.database in (None, "", ":memory:") or str(address.database).startswith("file:"):
            raise _invalid("the database must be a file: several processes share it")
        return address
    if address.drivername not in _POSTGRESQL:
        raise _invalid(f"there is no database called {address.drivername!r}")
    return address.set(drivername="postgresql+psycopg")


def _invalid(message: str) -> DeskInvalid:
    return DeskInvalid([Problem("gordon.toml", 0, f"database: {message}", _REMEDY)])


def _reading_options(engine: Engine) -> dict[str, object]:
    if engine.dialect.name == "sqlite":
        return {WRITES: False}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _open_postgresql(url: URL, timeout: float) -> Engine:
    """Every wait is bounded: connecting, a lock, a statement, a dead network, and a frozen worker that holds locks."""
    seconds = max(2, math.ceil(timeout))  # libpq takes less than two seconds for two
    limits = {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
    }
    arguments = {
        "connect_timeout": seconds,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        "application_name": "gordon",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }
    given = {name: value for name, value in arguments.items() if name not in url.query}
    return create_engine(
        url, connect_args=given, hide_parameters=True, pool_pre_ping=True, pool_timeout=timeout, pool_recycle=3600
    )


def _try_out(database: Database) -> None:
    with database.reading() as connection:
        if database.path is None:
            connection.execute(text("SELECT 1"))
        elif database.path.stat().st_size <= QUICK_CHECK_BELOW and (findings := quick_check(connection)):
            raise DatabaseUnfit(f"{database.name} is damaged ({findings[0]}); {RESTORE}")
        else:
            connection.execute(text("SELECT count(*) FROM sqlite_master"))
