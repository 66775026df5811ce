"""How a SQLite file is made, judged and opened: WAL, FULL, foreign keys, BEGIN IMMEDIATE for whoever writes."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from gordon.errors import DatabaseUnfit, StoreUnavailable
from store.faults import RESTORE

# A file up to this size is checked page by page whenever it is opened (some 20 ms); a bigger one by gordon db check.
QUICK_CHECK_BELOW = 16 * 1024**2
WRITES = "gordon_writes"
# Of each connection, in KiB. Ids are spread evenly, so that every batch touches pages all over the indexes.
CACHE = 32 * 1024


def open_sqlite(url: URL, timeout: float, *, durable: bool = True) -> Engine:
    """An engine on the file of ``url``, which is created with its folder when missing. ``durable``: each commit waits
    for the disk.

    Raises DatabaseUnfit for a folder or file that cannot be written, is empty or damaged.
    """
    path = Path(str(url.database))
    _prepare(path)
    engine = create_engine(url, connect_args={"timeout": timeout}, hide_parameters=True, pool_timeout=timeout)
    event.listen(engine, "connect", partial(_set_up, "FULL" if durable else "OFF"))
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            create_file(path)
    except OSError as error:
        remedy = "correct database (or data) in gordon.toml, or the rights on the folder"
        raise DatabaseUnfit(f"{path}: cannot be created: {error.strerror}; {remedy}") from error
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
        raise DatabaseUnfit(f"{path}: file or folder cannot be written; give the user who runs Gordon the right to")
    if path.stat().st_size == 0:
        raise DatabaseUnfit(f"{path} is empty (0 bytes): {RESTORE}; or delete it to begin anew")


def create_file(path: Path) -> None:
    """Makes the file at one blow with its first page in it, so that an empty file is always a damaged one; leaves a
    file alone that is there already. Raises OSError, StoreUnavailable."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        os.link(draft, path)
    except FileExistsError:
        return  # Another process was faster: its file is as good.
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path}: {error}") from error
    finally:
        draft.unlink(missing_ok=True)


def _set_up(synchronous: str, connection: sqlite3.Connection, _record: Any) -> None:
    # Without isolation_level the driver never begins by itself; _begin does.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON", f"cache_size=-{CACHE}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A deferred transaction that reads and then writes fails at once whatever the timeout: so who wants to write
    begins IMMEDIATE, and who began for reading is not let write at all."""
    writes = bool(connection.get_execution_options().get(WRITES))
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def quick_check(connection: Connection) -> list[str]:
    """What SQLite finds wrong with the pages of the file, at most ten lines; [] for a sound one."""
    rows = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(10)")]
    return [] if rows == ["ok"] else rows
