"""Dead letters: keeping them, finding them, noting their replay. They are never dropped by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, update

from gordon.records import DeadLetter
from store.database import Database
from store.lookup import resolve
from store.tables import dead_letters as table
from store.upsert import Row, add_missing

_columns = tuple(table.c[name] for name in DeadLetter.__struct_fields__)


class Dead:
    """The dead letters of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keeps dead letters; a known id is left alone."""
        with self._database.writing() as connection:
            bury(connection, letters)

    def mark_replayed(self, id: str, now: datetime) -> None:
        """Notes that the letter with this id, or the only one that begins so, went back to its topic.
        Raises NotFound."""
        with self._database.writing() as connection:
            full = resolve(connection, "dead letter", id, table.c.id)
            connection.execute(update(table).where(table.c.id == full).values(replayed=now))


def bury(connection: Connection, letters: Sequence[DeadLetter]) -> None:
    """Keeps dead letters, within an open transaction; a known id is left alone."""
    add_missing(connection, table, [_row(letter) for letter in letters])


def _row(letter: DeadLetter) -> Row:
    mention, revision = _about(letter.subject)
    return msgspec.structs.asdict(letter) | {"mention": mention, "revision": revision}


def _about(subject: str) -> tuple[str | None, int | None]:
    """The mention revision that a subject names, if it does."""
    mention, _, revision = subject.rpartition("/")
    if mention and revision.isascii() and revision.isdigit() and len(revision) < 10:
        return mention, int(revision)
    return None, None


def dead_letters(database: Database, most: int, *, replayed: bool = False) -> list[DeadLetter]:
    """The last ``most`` dead letters, newest first; those already replayed only when asked for."""
    query = select(*_columns).order_by(table.c.died.desc(), table.c.id).limit(most)
    with database.reading() as connection:
        rows = connection.execute(query if replayed else query.where(table.c.replayed.is_(None)))
        return [DeadLetter(**row) for row in rows.mappings()]


def dead_letter(database: Database, id: str) -> DeadLetter:
    """The dead letter with this id, or the only one whose id begins so. Raises NotFound."""
    with database.reading() as connection:
        full = resolve(connection, "dead letter", id, table.c.id)
        return DeadLetter(**connection.execute(select(*_columns).where(table.c.id == full)).mappings().one())


def dead_by_stage(database: Database) -> dict[str, int]:
    """Dead letters of each stage that were not replayed."""
    query: Any = select(table.c.stage, func.count()).where(table.c.replayed.is_(None)).group_by(table.c.stage)
    with database.reading() as connection:
        return {stage: count for stage, count in connection.execute(query)}
