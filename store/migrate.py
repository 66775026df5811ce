"""Migrations: which revision a database is at, whether this Gordon may work with it, and bringing it up to date."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from gordon.errors import DatabaseUnfit
from store.database import Database

# The chain of store/migrations/versions, oldest first. Kept here too, so that a start that has nothing to migrate
# need not import Alembic (0.4 s); a test compares the two.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
HEAD = REVISIONS[-1]
_TABLE = "alembic_version"
_LOCK = 0x676F72646F6E  # "gordon": what daemons that start together queue up for on PostgreSQL
_NEWER = "was made by a newer Gordon; upgrade Gordon, or restore a backup of before"


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with database.reading() as connection:
        return _current(connection)


def require_current(database: Database) -> None:
    """Raises DatabaseUnfit unless the database is exactly at this Gordon's revision; the text holds the remedy."""
    revision = current(database)
    _refuse_newer(database, revision)
    if revision != HEAD:
        found = "is empty" if revision is None else f"is at revision {revision}, not {HEAD}"
        raise DatabaseUnfit(f"{database.name} {found}; run: gordon db upgrade")


def upgrade(database: Database) -> None:
    """Brings the database up to date, all or nothing, so that it may be killed at any time; several may do it at once.

    Raises DatabaseUnfit for a database of a newer Gordon.
    """
    if current(database) == HEAD:
        return
    with database.writing() as connection:
        if database.dialect == "postgresql":
            # A migration may take its time, and waits for that of another daemon.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        revision = _current(connection)
        _refuse_newer(database, revision)
        if revision != HEAD:
            _run(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_TABLE):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {_TABLE}"))
    return revision


def _refuse_newer(database: Database, revision: str | None) -> None:
    if revision is not None and revision not in REVISIONS:
        raise DatabaseUnfit(f"{database.name} {_NEWER} (its revision: {revision})")


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
