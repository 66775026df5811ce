"""Keeping a copy, and looking for damage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, text

from gordon.errors import DatabaseUnfit, GordonError, StoreUnavailable
from store.database import Database
from store.faults import RESTORE
from store.migrate import require_current
from store.sqlite import quick_check

_PAGES = 1000  # copied at a time, so that writers are never held up for long


def backup(database: Database, target: Path) -> None:
    """Copies a SQLite database to the new file ``target`` while others go on writing; the copy is of one moment.

    Raises DatabaseUnfit on PostgreSQL, for a target that exists or cannot be written; StoreUnavailable when the disk
    is full or the copy does not come to an end. What is at ``target`` afterwards is always a whole copy or nothing.
    """
    if database.path is None:
        raise DatabaseUnfit(f"{database.name}: use pg_dump --format=custom (and pg_restore) for PostgreSQL")
    if target.exists():
        raise DatabaseUnfit(f"{target} exists; name a new file")
    draft = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _copy(database.path, draft)
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{target}: {error}") from error
    except OSError as error:
        raise DatabaseUnfit(f"{target}: cannot be written: {error.strerror}") from error


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)  # the rest of a copy that was killed
    # A connection of its own: SQLAlchemy's pool has no say in the driver's backup.
    with closing(sqlite3.connect(source, timeout=5.0)) as old, closing(sqlite3.connect(target)) as new:
        # One read transaction around it all: otherwise every commit of a writer starts the copy anew.
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master")
        old.backup(new, pages=_PAGES)


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
