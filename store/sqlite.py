"""How a SQLite file is made, judged and opened: WAL, FULL, foreign keys, BEGIN IMMEDIATE for whoever writes."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from gordon.bus.sqlite_file import prepare
from gordon.errors import StoreUnavailable
from store.faults import RESTORE

# A file up to this size is checked page by page whenever it is opened (some 20 ms); a bigger one by gordon db check.
QUICK_CHECK_BELOW = 16 * 1024**2
PAGE = 4096
WRITES = "gordon_writes"
# Of each connection, in KiB. Ids are spread evenly, so that every batch touches pages all over the indexes.
CACHE = 32 * 1024


def open_sqlite(url: URL, timeout: float, *, durable: bool = True) -> Engine:
    """An engine on the file of ``url``, which is created with its folder when missing. ``durable``: each commit waits
    for the disk.

    Raises DatabaseUnfit for a folder or file that cannot be written, is empty, damaged, or on a network file system.
    """
    path = Path(str(url.database))
    prepare(path, StoreUnavailable, page=PAGE, key="database", restore=RESTORE)
    engine = create_engine(url, connect_args={"timeout": timeout}, hide_parameters=True, pool_timeout=timeout)
    event.listen(engine, "connect", partial(_set_up, "FULL" if durable else "OFF"))
    event.listen(engine, "begin", _begin)
    return engine


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
