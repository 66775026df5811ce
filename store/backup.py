"""Keeping a copy, and looking for damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from gordon.errors import DatabaseUnfit, GordonError, StoreUnavailable
from store.backup_postgres import dump, dumped
from store.database import Database
from store.faults import RESTORE
from store.migrate import require_current
from store.sqlite import quick_check

_REVISION = "SELECT version_num FROM alembic_version"
_PAGES = 1000  # copied at a time, so that writers are never held up for long


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was opened and found whole: its revision, and the rows of each table, as many as in the original at
    the moment of the copy."""

    revision: str
    rows: Mapping[str, int]


def backup(database: Database, target: Path) -> Copied:
    """Copies the database to the new file ``target`` while others go on writing, and reads the copy back; it is of one
    moment. SQLite: a database file; PostgreSQL: an archive of pg_dump, for pg_restore.

    Raises DatabaseUnfit for a target that exists or cannot be written, without PostgreSQL's tools, and for a copy that
    is not whole; StoreUnavailable when the disk is full or the copy does not come to an end. What is at ``target``
    afterwards is always a whole copy or nothing. Only its owner may read it.
    """
    if target.exists():
        raise DatabaseUnfit(f"{target} exists; name a new file")
    draft = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.unlink(missing_ok=True)  # the rest of a copy that was killed
            draft.touch(0o600)
            made, found = _dump(database, draft) if database.path is None else _copy(database.path, draft)
            copied = _compared(made, found, target)
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{target}: {error}") from error
    except OSError as error:
        raise DatabaseUnfit(f"{target}: cannot be written: {error.strerror}") from error
    return copied


def _dump(database: Database, draft: Path) -> tuple[Copied, Copied]:
    with database.reading() as connection:
        revision = str(connection.scalar(text(_REVISION)))
        made = dump(connection, database.url, draft)
    return Copied(revision, made), Copied(revision, dumped(draft))


def _compared(made: Copied, found: Copied, target: Path) -> Copied:
    if made != found:
        names = {name for name in made.rows.keys() | found.rows.keys() if made.rows.get(name) != found.rows.get(name)}
        what = ", ".join(f"{name}: {made.rows.get(name)} and {found.rows.get(name)} rows" for name in sorted(names))
        raise DatabaseUnfit(f"{target}: the copy is not like the original ({what or 'another revision'}); copy again")
    return found


def _copy(source: Path, target: Path) -> tuple[Copied, Copied]:
    """The original as it was at the moment of the copy, and the copy."""
    # A connection of its own: SQLAlchemy's pool has no say in the driver's backup.
    with closing(sqlite3.connect(source, timeout=5.0)) as old, closing(sqlite3.connect(target)) as new:
        # One read transaction around it all: otherwise every commit of a writer starts the copy anew.
        old.execute("BEGIN")
        made = _counted(old)
        old.backup(new, pages=_PAGES)
    with closing(sqlite3.connect(target)) as copy:
        wrong = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
        if wrong:
            raise DatabaseUnfit(f"{target}: the copy is damaged ({wrong[0]}); look at gordon db check, and at the disk")
        return made, _counted(copy)


def _counted(connection: sqlite3.Connection) -> Copied:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in tables}
    return Copied(str(connection.execute(_REVISION).fetchone()[0]), rows)


def check(database: Database) -> list[str]:
    """What is wrong with the database, one line each; [] for a sound one. Reads every page of a SQLite file."""
    try:
        with database.reading() as connection:
            findings = _damage(connection) if database.path is not None else []
        if findings:
            return [*findings, f"remedy: {RESTORE}"]
        require_current(database)
        with database.reading() as connection:
            return _orphans(connection)
    except GordonError as error:
        return [str(error)]


def _damage(connection: Connection) -> list[str]:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    found = [f"{row[0]}: row {row[1]} refers to a row of {row[2]} that does not exist" for row in broken[:10]]
    return [*quick_check(connection), *found]


_ORPHANS = {
    "entries without a revision": "SELECT count(*) FROM entries e WHERE NOT e.dropped AND NOT EXISTS"
    " (SELECT 1 FROM revisions r WHERE r.mention = e.mention) AND NOT EXISTS"
    " (SELECT 1 FROM held h WHERE h.mention = e.mention)",
    "tagged mentions without a tag": "SELECT count(*) FROM mentions m WHERE m.tagged AND NOT EXISTS"
    " (SELECT 1 FROM tags t WHERE t.mention = m.id AND t.revision = m.revision)",
    "tags of mentions marked as untagged": "SELECT count(*) FROM tags t JOIN mentions m"
    " ON m.id = t.mention AND m.revision = t.revision WHERE NOT m.tagged",
    "issues without a mention": "SELECT count(*) FROM issues i WHERE i.merged_into = '' AND NOT EXISTS"
    " (SELECT 1 FROM issue_mentions j WHERE j.issue = i.id)",
    "people whose open items are counted wrongly": "SELECT count(*) FROM (SELECT person FROM"
    " (SELECT person, items FROM loads UNION ALL SELECT t.person, -1 FROM teams t JOIN items i ON i.id = t.item"
    " WHERE i.state = 'open') AS lines GROUP BY person HAVING sum(items) <> 0) AS wrong",
    "issues that have no change counter of their file": "SELECT count(*) FROM issues i WHERE NOT EXISTS"
    " (SELECT 1 FROM file_versions f WHERE f.file = i.file)",
}


def _orphans(connection: Connection) -> list[str]:
    """Rows that foreign keys cannot find fault with, but that no transaction of Gordon leaves behind."""
    counts = {what: connection.scalar(text(query)) or 0 for what, query in _ORPHANS.items()}
    return [f"{count} {what}" for what, count in counts.items() if count]
