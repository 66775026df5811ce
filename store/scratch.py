"""A database for the length of a computation, and the transaction of route over it, watched and lean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace
from sqlalchemy import Connection

from gordon.records import RecordedMention, RouteWrites
from store.database import Database, open_database
from store.migrate import upgrade
from store.route import Transaction
from store.stories import STORY_LENGTH


@contextmanager
def scratch() -> Iterator[Database]:
    """An empty SQLite file of this Gordon's revision in a temporary folder, gone at the end of the block. As nothing in
    it has to survive, it does not wait for the disk."""
    with TemporaryDirectory(prefix="gordon-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'scratch.db'}", durable=False)
        try:
            upgrade(database)
            yield database
        finally:
            database.close()


class ScratchRoute:
    """Keeps the promises of gordon.ports.RouteStore but for three: no message is kept, of mentions only what grouping
    needs, and the load of people is what ``load`` says. ``note`` hears of everything that is written."""

    def __init__(
        self, database: Database, load: Callable[[], Mapping[str, int]], note: Callable[[RouteWrites], None]
    ) -> None:
        self._database, self._load, self._note = database, load, note

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._database.writing() as connection:
            yield _Watched(connection, self._load, self._note)


class _Watched(Transaction):
    def __init__(
        self, connection: Connection, load: Callable[[], Mapping[str, int]], note: Callable[[RouteWrites], None]
    ) -> None:
        super().__init__(connection)
        self._load, self._note = load, note

    def load(self) -> Mapping[str, int]:
        return self._load()

    def write(self, stage: str, writes: RouteWrites) -> None:
        super().write(stage, replace(writes, mentions=tuple(_lean(one) for one in writes.mentions), messages=()))
        self._note(writes)


def _lean(one: RecordedMention) -> RecordedMention:
    """No tags and claims; text only where the mention is part of an issue."""
    text = one.mention.text[:STORY_LENGTH] if one.files else ""
    return replace(one, mention=replace(one.mention, text=text), files=(), claims=())
