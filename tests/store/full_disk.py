"""Writes to a store and a log on a small disk that is full again and again, earlier or later in a transaction.
``python -m tests.store.full_disk FOLDER``: run by test_full_disk; an AssertionError is what went wrong."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

from gordon.bus import Message
from gordon.bus.sqlite import SqliteBus
from gordon.errors import BusUnavailable, StoreUnavailable
from store.backup import backup, check
from store.database import Database, open_database
from store.outbox import Outbox
from store.status import completeness
from tests.contracts.store_samples import NOW, message, recorded, write
from tests.databases import new_sqlite
from tests.servers.small_disk import Filler

ROOM = (0, 1, 2, 3, 4, 5, 7, 9, 12, 16, 21, 28, 37, 50, 70, 100)
"""Pages left at the beginning of each round."""


def until_full(write_one: Callable[[int], None], numbers: itertools.count[int]) -> int:
    """Writes one after the other until the disk is full; how many are there."""
    for done in itertools.count():
        try:
            write_one(next(numbers))
        except (StoreUnavailable, BusUnavailable) as error:
            assert "full" in str(error) or "disk I/O" in str(error), error
            return done
    raise AssertionError("unreachable")


def store_rounds(folder: Path, database: Database) -> int:
    """How many mentions and messages each were acknowledged."""
    filler, numbers, there = Filler(folder), itertools.count(), 0

    def write_one(number: int) -> None:
        text = "é" * (500 * (1 + number % 7))
        write(database, mentions=(recorded(number, text=text),), messages=(message("t", number),))

    for room in ROOM:
        filler.fill(room)
        there += until_full(write_one, numbers)
        assert completeness(database).found == there, "what was acknowledged is readable on a full disk"
        filler.free()
        write_one(next(numbers))
        there += 1
    assert completeness(database).found == Outbox(database).size("route") == there
    return there


def log_rounds(folder: Path, bus: SqliteBus) -> list[int]:
    """The numbers of the messages that were acknowledged."""
    filler, numbers, sent = Filler(folder), itertools.count(), []

    def publish_some(number: int) -> None:
        value = str(number).encode().ljust(400 * (1 + number % 7))
        bus.publish([Message("t", f"k{number}", value), Message("t", f"k{number}", value)])
        sent.append(number)

    for room in ROOM:
        filler.fill(room)
        until_full(publish_some, numbers)
        filler.free()
        publish_some(next(numbers))
    return sent


def read(bus: SqliteBus) -> list[int]:
    tail, found = bus.tail("t", 0.0, from_start=True), []
    while records := tail.poll(0.0, 500):
        found += [int(record.value) for record in records]
    return found


def main(folder: Path) -> None:
    database = new_sqlite(folder / "gordon.db")
    there = store_rounds(folder, database)
    bus = SqliteBus(folder / "log.db")
    sent = log_rounds(folder, bus)
    assert sorted(read(bus)) == sorted([*sent, *sent]), "each batch is there as a whole, or not at all"
    bus.close()
    filler = Filler(folder)
    filler.fill(0)
    try:
        backup(database, folder / "copy.db")
        raise AssertionError("there was room for a backup")
    except StoreUnavailable:
        assert sorted(one.name for one in folder.glob("copy*")) == [], "a part of a backup is left"
    database.close()
    again = open_database(f"sqlite:///{folder / 'gordon.db'}")
    assert completeness(again).found == there
    filler.free()
    Outbox(again).lease("relay", "me", NOW, 10.0)
    assert check(again) == []
    again.close()
    print(f"{there} transactions, {len(sent)} batches")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
